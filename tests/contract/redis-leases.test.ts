import { describe, inject } from 'vitest'
import { openRedisNode, ownPrefix } from '../testkit/redis-nodes.js'
import { describeLeases } from './leases-contract.js'

describe.skipIf(inject('redisUrl') === '')('over Redis', () => {
  describeLeases('the leases of two nodes', async () => {
    const keyPrefix = ownPrefix()
    const node = await openRedisNode({ url: inject('redisUrl'), keyPrefix })
    const another = await openRedisNode({ url: inject('redisUrl'), keyPrefix })
    return {
      leases: node.leases,
      elsewhere: another.leases,
      now: Date.now,
      elapse() {},
      close: async () => void (await Promise.all([node.close(), another.close()])),
    }
  })
})
