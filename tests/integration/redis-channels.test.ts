import { Redis } from 'ioredis'
import { describe, expect, inject, onTestFinished, test, vi } from 'vitest'
import { ownPrefix } from '../testkit/redis-nodes.js'
import { expectTalk, listenTo, openLog, openTwoNodes, tell } from './redis-acts.js'

const at = '2026-03-01T12:00:00.123Z'
const entry = {
  transactionKey: 'deal',
  position: 7,
  kind: 'STATUS_CHANGED',
  actorKey: null,
  messageId: null,
  userKey: null,
  data: {},
  occurredAt: at,
  message: null,
  actor: null,
  user: null,
}
const HEAD = '1 0123456789abcdef '
const doorbell = (event: unknown) => HEAD + JSON.stringify(event)

describe.skipIf(inject('redisUrl') === '')('channels in Redis', () => {
  async function open() {
    const keyPrefix = ownPrefix()
    const { log, messages } = openLog()
    const nodes = await openTwoNodes({ url: inject('redisUrl'), keyPrefix, log })
    const redis = new Redis(inject('redisUrl'))
    onTestFinished(async () => {
      redis.disconnect()
      await nodes.close()
    })
    const channels = async () => (await redis.pubsub('CHANNELS', `${keyPrefix}inboxChanged:*`)) as string[]
    const countOf = async (channel: string) => (await redis.pubsub('NUMSUB', channel))[1]
    return { nodes, redis, keyPrefix, messages, channels, countOf }
  }

  test('are one a topic and node, from the first listener to the last', async () => {
    const { nodes, keyPrefix, channels, countOf } = await open()
    const channel = `${keyPrefix}inboxChanged:bea`
    const here = await Promise.all(Array.from({ length: 10 }, () => listenTo(nodes[0].bus, 'bea')))
    expect(await countOf(channel)).toBe(1)
    const there = await listenTo(nodes[1].bus, 'bea')
    expect(await countOf(channel)).toBe(2)
    for (const { unsubscribe } of here) unsubscribe()
    await vi.waitFor(async () => expect(await countOf(channel)).toBe(1))
    there.unsubscribe()
    await vi.waitFor(async () => expect(await channels()).toEqual([]))
  })

  test('stay right when listeners come and go faster than Redis answers', async () => {
    const { nodes, channels } = await open()
    const staying: Awaited<ReturnType<typeof listenTo>>[] = []
    await Promise.all(
      Array.from({ length: 400 }, async (_, nth) => {
        const listener = await listenTo(nodes[0].bus, `user-${nth % 7}`)
        await Promise.resolve()
        if (nth < 393) listener.unsubscribe()
        else staying.push(listener)
      }),
    )
    for (let nth = 0; nth < 200; nth += 1) {
      const begun = listenTo(nodes[0].bus, `user-${nth % 7}`)
      if (nth % 3 === 0) (await begun).unsubscribe()
      else void begun.then(({ unsubscribe }) => unsubscribe())
    }
    await vi.waitFor(async () => expect(await channels()).toHaveLength(7))
    for (let nth = 0; nth < 7; nth += 1) tell(nodes[1].bus, `user-${nth}`, 'deal')
    await vi.waitFor(() => expect(staying.map(({ heard }) => heard)).toEqual(staying.map(() => ['deal'])))
    for (const { unsubscribe } of staying) unsubscribe()
    await vi.waitFor(async () => expect(await channels()).toEqual([]))
    await expectTalk(nodes, 'still')
  })

  test('bring a large doorbell without its entries', async () => {
    const { nodes } = await open()
    const heard: unknown[] = []
    await nodes[1].bus.subscribe('timelineAdvanced', 'deal', (event) => heard.push(event))
    const large = {
      ...entry,
      kind: 'STATUS_CHANGED' as const,
      occurredAt: new Date(at),
      data: { message: 'm'.repeat(9_000) },
    }
    nodes[0].bus.publish('timelineAdvanced', 'deal', { position: 7, entries: [large] })
    await vi.waitFor(() => expect(heard).toEqual([{ position: 7, entries: [] }]))
  })

  test.each<[string, string | Buffer]>([
    ['nothing', ''],
    ['not ours', 'hello'],
    ['JSON without a head', JSON.stringify({ position: 1, entries: [] })],
    ['half a head', '1 0123456789abcdef'],
    ['a head alone', HEAD],
    ['another version', '2 0123456789abcdef {"position":1,"entries":[]}'],
    ['broken JSON', `${HEAD}{"position":1,"entries":[}`],
    ['another shape', doorbell({ position: '1', entries: [] })],
    ['no object', doorbell(null)],
    ['a negative position', doorbell({ position: -1, entries: [] })],
    ['a position beyond all', doorbell({ position: 2 ** 31, entries: [] })],
    ['an entry of another deal', doorbell({ position: 7, entries: [{ ...entry, transactionKey: 'other' }] })],
    ['an entry that is not the newest', doorbell({ position: 8, entries: [entry] })],
    ['a gap', doorbell({ position: 7, entries: [{ ...entry, position: 5 }, entry] })],
    ['a date that is none', doorbell({ position: 7, entries: [{ ...entry, occurredAt: '2026-02-30T12:00:00.000Z' }] })],
    ['an unknown kind', doorbell({ position: 7, entries: [{ ...entry, kind: 'EXPLODED' }] })],
    ['something huge', doorbell({ position: 1, entries: [], more: 'x'.repeat(100_000) })],
    ['something deep', `${HEAD}${'['.repeat(30_000)}`],
    ['bytes', Buffer.from([0, 255, 254, 128])],
  ])('carry garbage (%s) to nobody; it is counted, and said of once', async (_, garbage) => {
    const { nodes, redis, keyPrefix, messages } = await open()
    const heard: number[] = []
    await nodes[0].bus.subscribe('timelineAdvanced', 'deal', ({ position }) => heard.push(position))
    for (let times = 0; times < 3; times += 1) await redis.publish(`${keyPrefix}timelineAdvanced:deal`, garbage)
    await redis.publish(`${keyPrefix}timelineAdvanced:deal`, doorbell({ position: 7, entries: [entry] }))
    await vi.waitFor(() => expect(heard).toEqual([7]))
    expect((await nodes[0].metrics.busGarbage.get()).values[0]?.value).toBe(3)
    expect(messages()).toEqual([expect.stringContaining('none of ours')])
    expect(nodes[0].listenerErrors).toEqual([])
  })

  test('of two services on one Redis are two', async () => {
    const [ours, theirs] = [await open(), await open()]
    const listener = await listenTo(theirs.nodes[0].bus, 'people')
    await expectTalk(ours.nodes, 'ours')
    tell(theirs.nodes[1].bus, 'people', 'theirs')
    await listener.hears('theirs')
    await ours.nodes[0].leases.hold('presence', 'bea', 'socket', 60_000)
    expect((await theirs.nodes[0].leases.read('presence', ['bea'])).get('bea')).toEqual([])
  })
})
