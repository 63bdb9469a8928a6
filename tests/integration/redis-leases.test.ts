import { Redis } from 'ioredis'
import { describe, expect, inject, onTestFinished, test } from 'vitest'
import { openRedisNode, ownPrefix } from '../testkit/redis-nodes.js'

describe.skipIf(inject('redisUrl') === '')('leases in Redis', () => {
  test('are read also beside a key that holds something else', async () => {
    const keyPrefix = ownPrefix()
    const nodes = [
      await openRedisNode({ url: inject('redisUrl'), keyPrefix }),
      await openRedisNode({ url: inject('redisUrl'), keyPrefix }),
    ] as const
    const redis = new Redis(inject('redisUrl'))
    onTestFinished(async () => {
      redis.disconnect()
      await Promise.all(nodes.map((node) => node.close()))
    })
    await redis.set(`${keyPrefix}presence:bea`, 'none of ours', 'EX', 60)
    await nodes[0].leases.hold('presence', 'sam', 'phone', 5_000)
    const held = await nodes[1].leases.read('presence', ['bea', 'sam'])
    expect(held).toEqual(
      new Map([
        ['bea', []],
        ['sam', [{ member: 'phone', expiresAt: expect.any(Date) }]],
      ]),
    )
  })
})
