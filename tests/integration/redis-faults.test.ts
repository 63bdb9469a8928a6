import { beforeEach, describe, expect, inject, onTestFinished, test, vi } from 'vitest'
import { CuttingProxy } from '../testkit/cutting-proxy.js'
import { openRedisNode, ownPrefix, type RedisNode } from '../testkit/redis-nodes.js'
import { hasRedisServer, RedisServer } from '../testkit/redis-server.js'
import {
  expectTalk,
  listenTo,
  lossesOf,
  membersOf,
  openLog,
  openTwoNodes,
  tell,
  untilConnected,
  untilCutOff,
} from './redis-acts.js'

const LONG_MS = 60_000

describe.skipIf(!hasRedisServer)('a Redis that', () => {
  let redis: RedisServer
  let nodes: Awaited<ReturnType<typeof openTwoNodes>>
  let one: RedisNode
  let other: RedisNode
  let keyPrefix: string
  let messages: (level?: number) => string[]
  let reasons: () => unknown[]

  beforeEach(async () => {
    redis = await RedisServer.start({ directory: inject('runDirectory') })
    onTestFinished(() => redis.kill())
    const opened = openLog()
    messages = opened.messages
    reasons = opened.reasons
    keyPrefix = ownPrefix()
    nodes = await openTwoNodes({ url: redis.url, keyPrefix, log: opened.log })
    onTestFinished(() => nodes.close())
    ;[one, other] = nodes
  })

  test('was killed and is back, empty, is of use within 5 s: what is listened to is heard, what is held is held', async () => {
    const listener = await listenTo(one.bus, 'bea')
    await one.leases.hold('presence', 'bea', 'socket of one', LONG_MS)
    await other.leases.hold('presence', 'bea', 'socket of the other', LONG_MS)
    expect(await membersOf(one.leases, 'bea')).toEqual(['socket of one', 'socket of the other'])

    await redis.kill()
    await untilCutOff(...nodes)
    expect(await membersOf(one.leases, 'bea')).toEqual(['socket of one', 'socket of the other'])
    expect(await membersOf(other.leases, 'bea')).toEqual(['socket of the other'])
    await redis.startAgain()
    await untilConnected(...nodes)

    tell(other.bus, 'bea', 'deal')
    await listener.hears('deal')
    await expectTalk(nodes, 'back')
    await vi.waitFor(async () => {
      expect(await redis.ask((client) => client.zcard(`${keyPrefix}presence:bea`))).toBe(2)
    })
    expect(await membersOf(other.leases, 'bea')).toEqual(['socket of one', 'socket of the other'])
  })

  test('is away takes subscriptions, publications and leases at once, and makes good what it can when it is back', async () => {
    await one.leases.hold('presence', 'bea', 'released meanwhile', LONG_MS)
    await redis.kill()
    await untilCutOff(...nodes)

    const begunAt = performance.now()
    const listener = await listenTo(one.bus, 'bea')
    const left = await listenTo(one.bus, 'sam')
    left.unsubscribe()
    tell(one.bus, 'bea', 'told here')
    tell(other.bus, 'bea', 'lost')
    await one.leases.hold('presence', 'bea', 'held meanwhile', LONG_MS)
    expect(await one.leases.release('presence', 'bea', 'released meanwhile')).toBe(true)
    expect(await membersOf(one.leases, 'bea')).toEqual(['held meanwhile'])
    expect(performance.now() - begunAt).toBeLessThan(1_000)
    expect(listener.heard).toEqual(['told here'])

    await redis.startAgain()
    await untilConnected(...nodes)
    tell(other.bus, 'bea', 'told there')
    await listener.hears('told here', 'told there')
    await vi.waitFor(async () => expect(await membersOf(other.leases, 'bea')).toEqual(['held meanwhile']))
    expect(await redis.ask((client) => client.pubsub('CHANNELS', `${keyPrefix}inboxChanged:*`))).toEqual([
      `${keyPrefix}inboxChanged:bea`,
    ])
  })

  test('hangs is noticed, and of use within 5 s of going on; meanwhile nothing waits', async () => {
    const listener = await listenTo(one.bus, 'bea')
    await other.leases.hold('presence', 'bea', 'held before', LONG_MS)
    expect(await membersOf(one.leases, 'bea')).toEqual(['held before'])
    redis.stop()
    try {
      const begunAt = performance.now()
      await one.leases.hold('presence', 'bea', 'held meanwhile', LONG_MS)
      await listenTo(one.bus, 'sam')
      expect(await membersOf(one.leases, 'bea')).toEqual(['held before', 'held meanwhile'])
      expect(performance.now() - begunAt).toBeLessThan(3_000)
      await untilCutOff(...nodes)
    } finally {
      redis.goOn()
    }
    await untilConnected(...nodes)
    tell(other.bus, 'bea', 'deal')
    await listener.hears('deal')
    await expectTalk(nodes, 'back')
    expect(await membersOf(other.leases, 'bea')).toEqual(['held before', 'held meanwhile'])
  })

  test('comes and goes is said of once each time, with no word for each attempt', async () => {
    for (const nth of [1, 2]) {
      await redis.kill()
      await untilCutOff(...nodes)
      await redis.startAgain()
      await untilConnected(...nodes)
      expect([await lossesOf(one), await lossesOf(other)]).toEqual([nth, nth])
    }
    const lost = `The connection to Redis at 127.0.0.1:${redis.port} is lost; trying again until it is back`
    const back = `Connected to Redis at 127.0.0.1:${redis.port} again`
    expect(messages()).toEqual([lost, lost, back, back, lost, lost, back, back])
    expect(messages(40)).toEqual([lost, lost, lost, lost])
  })

  test('takes no more writes, as a replica does, is as good as away: said once, with the reason, until it takes them again', async () => {
    await redis.ask((client) => client.replicaof('127.0.0.1', '1'))
    await untilCutOff(...nodes)
    // Each try counts there; it is tried again and again.
    const refusals = async () => {
      const errors = await redis.ask((client) => client.info('errorstats'))
      return Number(/errorstat_READONLY:count=(\d+)/.exec(errors)?.[1] ?? 0)
    }
    await vi.waitFor(async () => expect(await refusals()).toBeGreaterThan(6), 20_000)
    expect([one.bus.isConnected, other.bus.isConnected]).toEqual([false, false])
    const lost = `The connection to Redis at 127.0.0.1:${redis.port} is lost; trying again until it is back`
    expect(messages()).toEqual([lost, lost])
    expect(reasons()).toEqual([expect.stringContaining('READONLY'), expect.stringContaining('READONLY')])

    await redis.ask((client) => client.replicaof('NO', 'ONE'))
    await untilConnected(...nodes)
    await one.leases.hold('presence', 'bea', 'held again', LONG_MS)
    expect(await membersOf(other.leases, 'bea')).toEqual(['held again'])
  })

  test('is back empty is given time: what was known of a node that has not written yet counts for a while, and no longer', async () => {
    await other.leases.hold('presence', 'bea', 'socket of the other', LONG_MS)
    expect(await membersOf(one.leases, 'bea')).toEqual(['socket of the other'])
    await redis.kill()
    await untilCutOff(...nodes)
    await other.close()
    await redis.startAgain()
    await untilConnected(one)
    expect(await membersOf(one.leases, 'bea')).toEqual(['socket of the other'])
    await vi.waitFor(async () => expect(await membersOf(one.leases, 'bea')).toEqual([]), 10_000)
  })

  test('is cut off without a word is reached anew, over other connections', async () => {
    const proxy = await CuttingProxy.start(redis.port)
    const node = await openRedisNode({ url: `redis://127.0.0.1:${proxy.port}`, keyPrefix })
    onTestFinished(() => node.close())
    const listener = await listenTo(node.bus, 'bea')
    proxy.fallSilent()
    await untilCutOff(node)
    await untilConnected(node)
    tell(other.bus, 'bea', 'deal')
    await listener.hears('deal')
  })

  test('is dead or hangs keeps nobody from closing', async () => {
    redis.stop()
    try {
      const begunAt = performance.now()
      await one.close()
      expect(performance.now() - begunAt).toBeLessThan(2_000)
    } finally {
      redis.goOn()
    }
    await redis.kill()
    await untilCutOff(other)
    const begunAt = performance.now()
    await other.close()
    expect(performance.now() - begunAt).toBeLessThan(2_000)
    await redis.startAgain()
    expect(await redis.ask((client) => client.pubsub('CHANNELS', `${keyPrefix}*`))).toEqual([])
  })
})
