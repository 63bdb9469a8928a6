import { describe, inject } from 'vitest'
import { refusalsOf } from '../testkit/metric.js'
import { openRedisNode, ownPrefix } from '../testkit/redis-nodes.js'
import { describeRateLimits } from './rate-limits-contract.js'

describe.skipIf(inject('redisUrl') === '')('over Redis', () => {
  describeRateLimits('the rate limits of two nodes', async () => {
    const keyPrefix = ownPrefix()
    const node = await openRedisNode({ url: inject('redisUrl'), keyPrefix })
    const another = await openRedisNode({ url: inject('redisUrl'), keyPrefix })
    const nodes = [node, another]
    return {
      rateLimits: node.rateLimits,
      elsewhere: another.rateLimits,
      async refusals(name) {
        const counts = await Promise.all(nodes.map(({ metrics }) => refusalsOf(metrics, name)))
        return counts.reduce((sum, count) => sum + count, 0)
      },
      close: async () => void (await Promise.all(nodes.map((one) => one.close()))),
    }
  })
})
