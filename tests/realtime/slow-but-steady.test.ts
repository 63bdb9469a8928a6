import { setTimeout as delay } from 'node:timers/promises'
import { print } from 'graphql'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { watchFollowers } from '../testkit/followers.js'
import { fillDeal } from '../testkit/long-deal.js'
import { RawSocket } from '../testkit/raw-socket.js'
import type { Deal, Person } from '../testkit/seed.js'
import { startTestService, type TestService } from '../testkit/service.js'
import { Throttle } from '../testkit/throttle.js'
import { countTo, FOLLOW_MESSAGES, timelineCursor } from '../testkit/timeline-documents.js'

/** As short as a ping's interval, so that both patiences are tried: a pong stands behind all that is to be read. */
const WINDOW_MS = 2_000
/** 40 MB: more than the system holds on the way. */
const FILLING = { count: 4_000, content: 'x'.repeat(10_000) }

let testService: TestService
let followers: { readonly size: number }
let sam: Person
let deal: Deal
let beginning: string
let throttle: Throttle
let socket: RawSocket

beforeAll(async () => {
  followers = watchFollowers()
  testService = await startTestService({
    WRITE_STALL_TIMEOUT_MS: String(WINDOW_MS),
    PING_INTERVAL_MS: String(WINDOW_MS),
    MAX_ANSWER_BYTES: '1000000000',
    MAX_QUERY_ALIASES: '1000',
    MAX_QUERY_COST: '1000000',
  })
  const bea = await testService.seed.person('bea')
  sam = await testService.seed.person('sam')
  deal = await testService.seed.deal('steady', { buyer: bea, seller: sam })
  beginning = await timelineCursor(sam, deal)
  await fillDeal(testService.database.url, deal, [bea], FILLING)
})
beforeEach(async () => {
  throttle = await Throttle.start(testService.url)
  socket = await RawSocket.connect(throttle.webSocketUrl, sam.token)
})
afterEach(async () => {
  socket.terminate()
  await throttle.close()
})
afterAll(() => testService.close())

function subscribe(): void {
  socket.subscribe('deal', print(FOLLOW_MESSAGES), { transactionId: deal.id, after: beginning })
}

/** Fails when the socket closes before all was delivered. */
async function sequences(): Promise<number[]> {
  const read: number[] = []
  while (read.length < FILLING.count) {
    const { payload } = await socket.next()
    read.push((payload as { data: { messageAdded: { node: { sequence: number } } } }).data.messageAdded.node.sequence)
  }
  return read
}

test('a reader who reads a bit and pauses, again and again, is not closed', async () => {
  throttle.setRate(0)
  throttle.allow(100_000)
  subscribe()
  for (let paused = 0; paused < 6; paused += 1) {
    await delay(WINDOW_MS * 0.6)
    throttle.allow(2_000_000)
  }
  throttle.setRate(Number.POSITIVE_INFINITY)
  expect(await sequences()).toEqual(countTo(FILLING.count))
}, 40_000)

// Elsewhere the system doesn't say what it holds, and takes nothing for longer than the window.
test.runIf(process.platform === 'linux')(
  'a reader so slow that the system takes nothing for longer than the window is not closed',
  async () => {
    throttle.setRate(500_000)
    subscribe()
    await delay(WINDOW_MS * 5)
    throttle.setRate(Number.POSITIVE_INFINITY)
    expect(await sequences()).toEqual(countTo(FILLING.count))
  },
  40_000,
)

/** One answer of so many MB. */
function ask(megabytes: number): void {
  const pages = Array.from(
    { length: megabytes },
    (_, page) => `page${page}: messages(transactionId: "${deal.id}", first: 100) { nodes { content } }`,
  )
  socket.subscribe('answer', `{ ${pages.join(' ')} }`)
}

test.each([
  ['more than the system holds', 20, 2_500_000],
  ['all of which the system holds, before the ping', 2, 300_000],
])(
  'a reader of one large frame, %s, is not closed while it reads',
  async (_, megabytes, bytesPerSecond) => {
    throttle.setRate(bytesPerSecond)
    ask(megabytes)
    expect(JSON.stringify(await socket.next()).length).toBeGreaterThan(megabytes * 1_000_000)
    expect(await socket.next()).toEqual({ type: 'complete', id: 'answer' })
    expect(await socket.untilPong()).toEqual([])
  },
  40_000,
)

test('a reader who says that it has no more to say, and stalls, is let go', async () => {
  throttle.setRate(0)
  throttle.allow(100_000)
  subscribe()
  await socket.next()
  // Long enough for the system to be full: what isn't sent any more ends by itself.
  await delay(WINDOW_MS * 0.7)
  expect(followers.size).toBe(1)
  throttle.endSending()
  await vi.waitFor(() => expect(followers.size).toBe(0), 10 * WINDOW_MS)
})
