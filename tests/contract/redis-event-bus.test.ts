import { describe, inject } from 'vitest'
import { openRedisNode, ownPrefix } from '../testkit/redis-nodes.js'
import { describeEventBus } from './event-bus-contract.js'

describe.skipIf(inject('redisUrl') === '')('over Redis', () => {
  describeEventBus('the event bus of one node', async () => {
    const node = await openRedisNode({ url: inject('redisUrl'), keyPrefix: ownPrefix() })
    return { ...node, publisher: node.bus }
  })

  describeEventBus('the event bus of two nodes', async () => {
    const keyPrefix = ownPrefix()
    const node = await openRedisNode({ url: inject('redisUrl'), keyPrefix })
    const another = await openRedisNode({ url: inject('redisUrl'), keyPrefix })
    return {
      ...node,
      publisher: another.bus,
      close: async () => void (await Promise.all([node.close(), another.close()])),
    }
  })
})
