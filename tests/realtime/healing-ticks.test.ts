import pg from 'pg'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { READ_HEADS } from '../../src/chat/timeline/read-statement.js'
import { TimelineStore } from '../../src/chat/timeline/timeline-store.js'
import type { TimelineSubscription } from '../../src/chat/timeline/timeline-subscription.js'
import type { Person } from '../testkit/seed.js'
import { startTestService, type TestService } from '../testkit/service.js'

// The clock of intervals is the test's: it passes when the test says so.

const EVERY_MS = 2_000

let testService: TestService
let bea: Person
let sam: Person
/** What runs at all times: the look at clients of HTTP that don't read. */
let timersAtRest: number

beforeAll(async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  testService = await startTestService()
  bea = await testService.seed.person('bea')
  sam = await testService.seed.person('sam')
  timersAtRest = vi.getTimerCount()
})
afterEach(() => vi.restoreAllMocks())
afterAll(async () => {
  await testService.close()
  vi.useRealTimers()
})

/** Lets time pass, and gives the statements that asked where the timelines stand, once all are answered. */
async function headsAskedIn(passingMs: number): Promise<number> {
  const heads = vi.spyOn(TimelineStore.prototype, 'heads')
  const queries = vi.spyOn(pg.Client.prototype, 'query')
  await vi.advanceTimersByTimeAsync(passingMs)
  await Promise.allSettled(heads.mock.results.map(({ value }) => value))
  const asked = queries.mock.calls.filter(([statement]) => (statement as { name?: string }).name === READ_HEADS.name)
  vi.restoreAllMocks()
  return asked.length
}

/** Sam and Bea follow this many new deals. */
async function followDeals(count: number): Promise<TimelineSubscription[]> {
  const { timeline } = testService.service.services
  const subscriptions: TimelineSubscription[] = []
  for (let nth = 0; nth < count; nth += 1) {
    const deal = await testService.seed.deal(`of-${count}-${nth}`, { buyer: bea, seller: sam })
    for (const { viewer } of [bea, sam]) subscriptions.push(await timeline.follow(viewer, deal.key, { kinds: [] }))
  }
  return subscriptions
}

test.each([1, 25])('every 2 s one statement asks where the timelines stand, of %i followed deals', async (count) => {
  const subscriptions = await followDeals(count)
  expect(await headsAskedIn(EVERY_MS - 1)).toBe(0)
  expect(await headsAskedIn(1)).toBe(1)
  expect(await headsAskedIn(EVERY_MS)).toBe(1)

  for (const subscription of subscriptions.slice(1)) await subscription.return()
  expect(await headsAskedIn(EVERY_MS)).toBe(1)
  await subscriptions[0]?.return()
  expect(await headsAskedIn(EVERY_MS)).toBe(0)
  expect(vi.getTimerCount()).toBe(timersAtRest)
})

test('while nobody listens nothing is asked, and no timer runs', async () => {
  expect(vi.getTimerCount()).toBe(timersAtRest)
  expect(await headsAskedIn(10 * EVERY_MS)).toBe(0)
})

test('an answer that takes longer than 2 s is waited for, and not asked for again meanwhile', async () => {
  const subscriptions = await followDeals(2)
  let letGo = () => {}
  const released = new Promise<void>((resolve) => {
    letGo = resolve
  })
  const { heads } = TimelineStore.prototype
  const asking = vi.spyOn(TimelineStore.prototype, 'heads').mockImplementation(async function (
    this: TimelineStore,
    transactionKeys,
  ) {
    await released
    return heads.call(this, transactionKeys)
  })
  await vi.advanceTimersByTimeAsync(3 * EVERY_MS)
  expect(asking).toHaveBeenCalledTimes(1)
  letGo()
  await asking.mock.results[0]?.value
  expect(await headsAskedIn(EVERY_MS)).toBe(1)
  await Promise.all(subscriptions.map((subscription) => subscription.return()))
})
