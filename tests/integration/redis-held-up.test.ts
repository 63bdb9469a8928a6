import { Redis } from 'ioredis'
import { afterEach, expect, inject, test, vi } from 'vitest'
import { openRedisNode, ownPrefix } from '../testkit/redis-nodes.js'
import { hasRedisServer } from '../testkit/redis-server.js'
import { lossesOf, openLog } from './redis-acts.js'

/** Longer than an echo may take. */
const HELD_UP_MS = 1_300

afterEach(() => vi.restoreAllMocks())

test.skipIf(!hasRedisServer)(
  'a node that is held up itself, by the collection of garbage for example, does not take Redis for gone',
  async () => {
    const { log, messages } = openLog()
    const node = await openRedisNode({ url: inject('redisUrl'), keyPrefix: ownPrefix(), log })
    const { publish } = Redis.prototype
    let heldUp = 0
    vi.spyOn(Redis.prototype, 'publish').mockImplementation(function (this: Redis, ...parameters) {
      const published = publish.apply(this, parameters)
      // Right after the pulse has gone out.
      setImmediate(() => {
        const until = performance.now() + HELD_UP_MS
        while (performance.now() < until);
        heldUp += 1
      })
      return published
    })
    await vi.waitFor(() => expect(heldUp).toBe(3), { timeout: 15_000 })
    expect(node.bus.isConnected).toBe(true)
    expect(await lossesOf(node)).toBe(0)
    expect(messages()).toEqual([])
    await node.close()
  },
)
