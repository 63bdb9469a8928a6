import { RateLimiterRedis } from 'rate-limiter-flexible'
import { beforeEach, describe, expect, inject, onTestFinished, test, vi } from 'vitest'
import { letThrough, use } from '../contract/rate-limits-contract.js'
import { RawSocket } from '../testkit/raw-socket.js'
import { ownPrefix, type RedisNode } from '../testkit/redis-nodes.js'
import { hasRedisServer, RedisServer } from '../testkit/redis-server.js'
import { startTestService } from '../testkit/service.js'
import { SMALL_LIMITS } from '../testkit/small-limits.js'
import { SEND } from '../testkit/writing.js'
import { openLog, openTwoNodes, untilConnected, untilCutOff } from './redis-acts.js'

const MAX = SMALL_LIMITS.operations.max

describe.skipIf(!hasRedisServer)('rate limits over a Redis that', () => {
  let redis: RedisServer
  let one: RedisNode
  let other: RedisNode
  let keyPrefix: string
  let messages: () => string[]

  beforeEach(async () => {
    redis = await RedisServer.start({ directory: inject('runDirectory') })
    onTestFinished(() => redis.kill())
    keyPrefix = ownPrefix()
    const opened = openLog()
    messages = opened.messages
    const nodes = await openTwoNodes({ url: redis.url, keyPrefix, log: opened.log })
    onTestFinished(() => nodes.close())
    ;[one, other] = nodes
  })

  /** What Redis has counted of a caller. */
  const counted = (key: string) =>
    redis.ask(async (client) => Number(await client.get(`${keyPrefix}limit:operations:${key}`)))

  /** How often Redis was asked to count. */
  const asked = () =>
    redis.ask(async (client) =>
      Number(/^cmdstat_evalsha:calls=(\d+)/m.exec(await client.info('commandstats'))?.[1] ?? 0),
    )

  /** Of twice as many uses as a node lets through, on each node: how many it does let through. */
  async function letThroughOnEach(key: string): Promise<number[]> {
    const uses = (node: RedisNode) => Array.from({ length: 2 * MAX }, () => use(node.rateLimits, 'operations', key))
    return [await letThrough(uses(one)), await letThrough(uses(other))]
  }

  test('was killed hold on each node by itself, at once, and on all together again when it is back', async () => {
    await one.rateLimits.count('operations', 'bea')
    expect(await counted('bea')).toBe(1)
    await redis.kill()
    expect(await letThroughOnEach('sam')).toEqual([MAX, MAX])
    await untilCutOff(one, other)
    // The one that has counted for her goes on from there.
    expect(await letThroughOnEach('bea')).toEqual([MAX - 1, MAX])

    await redis.startAgain()
    await untilConnected(one, other)
    expect(await letThroughOnEach('ana')).toEqual([MAX, 0])
    expect(await counted('ana')).toBeGreaterThanOrEqual(MAX)
    expect(messages().filter((message) => message.includes('count'))).toEqual([])
  })

  test('hangs hold on each node by itself, and only those who come first wait for it', async () => {
    await one.rateLimits.count('operations', 'bea')
    redis.stop()
    try {
      const asked = vi.spyOn(RateLimiterRedis.prototype, 'consume')
      for (let nth = 0; nth < 40; nth += 1) expect(await use(one.rateLimits, 'operations', `user-${nth}`)).toBeNull()
      expect(asked).toHaveBeenCalledTimes(1)
      asked.mockRestore()
      expect(await letThroughOnEach('sam')).toEqual([MAX, MAX])
    } finally {
      redis.goOn()
    }
    await vi.waitFor(async () => {
      await untilConnected(one, other)
      const key = `key-${performance.now()}`
      expect(await letThroughOnEach(key)).toEqual([MAX, 0])
    }, 15_000)
  })

  test('refuses to count is said once, and each node counts by itself', async () => {
    await redis.ask((client) => client.call('ACL', 'SETUSER', 'default', '-incrby'))
    expect(await letThroughOnEach('bea')).toEqual([MAX, MAX])
    expect(await letThroughOnEach('sam')).toEqual([MAX, MAX])
    const refused = 'Redis refuses to count: this node limits rates by itself'
    expect(messages()).toEqual([refused, refused])
  })

  test('works is not asked for those who have used everything up, and keeps nothing for ever', async () => {
    for (let nth = 0; nth < MAX; nth += 1) await one.rateLimits.count('operations', 'bea')
    const before = await asked()
    for (let nth = 0; nth < 100; nth += 1) expect(await use(one.rateLimits, 'operations', 'bea')).not.toBeNull()
    expect(await asked()).toBe(before)

    await one.rateLimits.count('sends', 'bea')
    const keys = await redis.ask((client) => client.keys(`${keyPrefix}limit:*`))
    expect(keys.toSorted()).toEqual([`${keyPrefix}limit:operations:bea`, `${keyPrefix}limit:sends:bea`])
    for (const key of keys) expect(await redis.ask((client) => client.pttl(key))).toBeGreaterThan(0)
  })

  test('works is asked once for each operation, over HTTP and sockets, and not at all for the platform', async () => {
    const testService = await startTestService({ REDIS_URL: redis.url, REDIS_KEY_PREFIX: keyPrefix })
    onTestFinished(() => testService.close())
    const bea = await testService.seed.person('bea')
    const deal = await testService.seed.deal('deal', { buyer: bea })
    const platform = await testService.seed.caller({ clientId: 'platform', scopes: ['platform'] })
    // The first brings the script along, by another command.
    await bea.ask('{ viewer { id } }', {})
    const before = await asked()
    for (let nth = 0; nth < 10; nth += 1) {
      await bea.get(SEND, { input: { transactionId: deal.id, content: 'Hello' } })
      await platform.ask('{ viewer { id } }', {})
    }
    const socket = await RawSocket.connect(testService.webSocketUrl, bea.token)
    for (let nth = 0; nth < 10; nth += 1) {
      socket.subscribe('query', '{ viewer { id } }')
      await socket.next()
      await socket.next()
    }
    expect((await asked()) - before).toBe(20)
    await socket.close()
  })
})
