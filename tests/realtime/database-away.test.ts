import type { Client } from 'graphql-ws'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { TimelineStore } from '../../src/chat/timeline/timeline-store.js'
import { createLogger } from '../../src/log.js'
import { MemoryEventBus } from '../../src/platform/memory-event-bus.js'
import type { Deal, Person } from '../testkit/seed.js'
import { startTestService, type TestService } from '../testkit/service.js'
import { countTo, FOLLOW_TIMELINE, timelineCursor } from '../testkit/timeline-documents.js'
import { connect, listen } from '../testkit/websocket-client.js'
import { followInEveryWay, positionsOf } from './following.js'

// Subscriptions outlive that the database is away. The clock of intervals is the test's: the service asks when it says so.

const logged: { msg: string }[] = []
const log = createLogger({ logLevel: 'info', logFormat: 'json' }, { write: (line) => logged.push(JSON.parse(line)) })

let testService: TestService
let bea: Person
let sam: Person
let client: Client

beforeAll(async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  testService = await startTestService({}, log)
  bea = await testService.seed.person('bea')
  sam = await testService.seed.person('sam')
  client = connect(testService.webSocketUrl, sam.token)
})
afterEach(() => vi.restoreAllMocks())
afterAll(async () => {
  await client.dispose()
  await testService.close()
  vi.useRealTimers()
})

function register(key: string): Promise<Deal> {
  return testService.seed.deal(key, { buyer: bea, seller: sam })
}

/** Lets the service ask where the timelines stand, and waits until it knows or doesn't. */
async function tick(): Promise<void> {
  const heads = vi.spyOn(TimelineStore.prototype, 'heads')
  await vi.advanceTimersByTimeAsync(2_000)
  await Promise.allSettled(heads.mock.results.map(({ value }) => value))
  expect(heads).toHaveBeenCalledTimes(1)
  heads.mockRestore()
}

/** That nobody can be sent away is said in its own time, and that a connection is lost when its end arrives. */
const IN_THEIR_OWN_TIME = /^(Who was suspended|A connection to Postgres was lost)/
const lineCount = () => logged.filter(({ msg }) => !IN_THEIR_OWN_TIME.test(msg)).length
const complaints = () => logged.filter(({ msg }) => msg.startsWith('Where the timelines stand')).length

test('who listens goes on listening, and hears what was missed; the log says it once each time', async () => {
  const followed = await Promise.all(
    ['idle-1', 'idle-2'].map(async (key) => followInEveryWay(client, await register(key), 3)),
  )
  for (const { deal, listeners } of followed) {
    await bea.say(deal, 'heard')
    await listeners.timelineAdvanced.next()
  }
  for (const again of [0, 1]) {
    const publish = vi.spyOn(MemoryEventBus.prototype, 'publish').mockImplementation(() => {})
    for (const { deal } of followed) await bea.say(deal, 'not heard yet')
    publish.mockRestore()
    await testService.database.goAway()
    await tick()
    const lines = lineCount()
    for (let nth = 0; nth < 3; nth += 1) await tick()
    expect({ complaints: complaints(), lines: lineCount() }).toEqual({ complaints: again + 1, lines })

    await testService.database.comeBack()
    await tick()
    for (const { deal } of followed) await bea.say(deal, 'live again')
    for (const { deal, listeners } of followed) {
      const positions = positionsOf(deal, await listeners.timelineAdvanced.take(2))
      expect(positions).toEqual([5 + 2 * again, 6 + 2 * again])
    }
  }
  for (const { deal, listeners } of followed) {
    expect(positionsOf(deal, await listeners.messageAdded.take(5))).toEqual(countTo(8, 4))
    listeners.messageAdded.stop()
  }
})

test('who is catching up waits, and goes on from there by itself', async () => {
  const deal = await register('catching-up')
  const after = await timelineCursor(sam, deal)
  await Promise.all(Array.from({ length: 250 }, (_, nth) => bea.say(deal, `said ${nth}`)))
  // At the second page.
  const { read } = TimelineStore.prototype
  const reads = vi.spyOn(TimelineStore.prototype, 'read').mockImplementation(async function (
    this: TimelineStore,
    stretch,
  ) {
    if (reads.mock.calls.length === 2) await testService.database.goAway()
    return read.call(this, stretch)
  })
  const listener = listen(client, FOLLOW_TIMELINE, { transactionId: deal.id, after })
  const delivered: object[] = await listener.take(100)
  await vi.waitFor(() => expect(reads).toHaveBeenCalledTimes(2))
  await expect(reads.mock.results[1]?.value).rejects.toThrow()
  await tick()
  expect(reads).toHaveBeenCalledTimes(2)

  await testService.database.comeBack()
  await tick()
  delivered.push(...(await listener.take(150)))
  await bea.say(deal, 'live')
  delivered.push(await listener.next())
  expect(positionsOf(deal, delivered)).toEqual(countTo(254, 4))
  listener.stop()
})
