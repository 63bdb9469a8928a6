import { setTimeout as delay } from 'node:timers/promises'
import { print } from 'graphql'
import { afterAll, afterEach, beforeAll, expect, type MockInstance, test, vi } from 'vitest'
import { WebSocket } from 'ws'
import { TimelineStore } from '../../src/chat/timeline/timeline-store.js'
import { fillDeal } from '../testkit/long-deal.js'
import { type Frame, RawSocket } from '../testkit/raw-socket.js'
import type { Deal, Person } from '../testkit/seed.js'
import { startTestService, type TestService } from '../testkit/service.js'
import { countTo, FOLLOW_MESSAGES, timelineCursor } from '../testkit/timeline-documents.js'

/** 24 MB each way: more than the system holds on the way. */
const MANY = 400
const PADDING = 'x'.repeat(60_000)

let testService: TestService
let sam: Person
let deal: Deal
let beginning: string
let socket: RawSocket
/** Of both ends: of the client's, which is told to, and of the service's. */
let pause: MockInstance<WebSocket['pause']>

beforeAll(async () => {
  testService = await startTestService()
  sam = await testService.seed.person('sam')
  deal = await testService.seed.deal('talkative', { buyer: sam })
  beginning = await timelineCursor(sam, deal)
  await fillDeal(testService.database.url, deal, [sam], { count: 2_000, content: 'x'.repeat(10_000) })
})
afterEach(async () => {
  vi.restoreAllMocks()
  await socket.close()
})
afterAll(() => testService.close())

async function connectAndPause(): Promise<void> {
  socket = await RawSocket.connect(testService.webSocketUrl, sam.token)
  pause = vi.spyOn(WebSocket.prototype, 'pause')
  socket.pause()
}

async function untilNotListenedTo(): Promise<void> {
  await vi.waitFor(() => expect(new Set(pause.mock.contexts).size).toBe(2), 10_000)
}

async function take(count: number): Promise<Frame[]> {
  const frames: Frame[] = []
  while (frames.length < count) frames.push(await socket.next())
  return frames
}

test('who says a lot before reading is not listened to for a while, and answered in full', async () => {
  await connectAndPause()
  for (let count = 1; count <= MANY; count += 1) socket.send({ type: 'ping', payload: { count, PADDING } })
  await untilNotListenedTo()
  socket.resume()
  const pongs = await take(MANY)
  expect(pongs.map(({ payload }) => (payload as { count: number }).count)).toEqual(countTo(MANY))
})

test('who asks for a lot before reading gets all answers', async () => {
  await connectAndPause()
  const page = `{ messages(transactionId: "${deal.id}", first: 100) { nodes { content } } }`
  for (let count = 1; count <= 20; count += 1) socket.subscribe(`page ${count}`, page)
  await untilNotListenedTo()
  socket.resume()
  const answers = (await take(40)).filter(({ type }) => type === 'next')
  expect(new Set(answers.map(({ id }) => id)).size).toBe(20)
})

test('who closes before reading is heard', async () => {
  await connectAndPause()
  for (let count = 1; count <= MANY; count += 1) socket.send({ type: 'ping', payload: { count, PADDING } })
  await untilNotListenedTo()
  const closed = socket.close()
  socket.resume()
  await closed
  expect(await socket.closed).toMatchObject({ code: 1005 })
})

test('of many pings whose answers are not read the last is answered, and the socket lives', async () => {
  await connectAndPause()
  const read = vi.spyOn(TimelineStore.prototype, 'read')
  socket.subscribe('deal', print(FOLLOW_MESSAGES), { transactionId: deal.id, after: beginning })
  // Until the system is full, and the next frame waits.
  for (let reads = 0; reads === 0 || reads < read.mock.calls.length; await delay(500)) reads = read.mock.calls.length
  const pongs: string[] = []
  socket.onPong((data) => pongs.push(data))
  for (let count = 1; count <= 10_000; count += 1) socket.ping(String(count))
  await delay(500)
  socket.resume()
  await take(2_000)
  expect(await socket.untilPong()).toEqual([])
  expect(pongs.at(-1)).toBe('10000')
  expect(pongs.length).toBeLessThan(5_000)
})
