import { print } from 'graphql'
import { pino } from 'pino'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { MessageService } from '../../src/chat/message/message-service.js'
import { TimelineStore } from '../../src/chat/timeline/timeline-store.js'
import { watchFollowers } from '../testkit/followers.js'
import { fillDeal } from '../testkit/long-deal.js'
import { RawSocket } from '../testkit/raw-socket.js'
import type { Deal, Person } from '../testkit/seed.js'
import { startTestService, type TestService } from '../testkit/service.js'
import { FOLLOW_MESSAGES, timelineCursor } from '../testkit/timeline-documents.js'
import { SEND } from '../testkit/writing.js'

const NONSENSE = 'hello'
const CLOSED_FOR_NONSENSE = { code: 4400, reason: 'Invalid message received' }

const logged: string[] = []
let testService: TestService
let bea: Person
let sam: Person
let followers: { readonly size: number }

beforeAll(async () => {
  followers = watchFollowers()
  testService = await startTestService({}, pino({ level: 'info' }, { write: (line: string) => void logged.push(line) }))
  bea = await testService.seed.person('bea')
  sam = await testService.seed.person('sam')
})
afterAll(async () => {
  await testService.close()
  expect(logged).toEqual([])
})

function send(socket: RawSocket, deal: Deal, content: string): void {
  socket.subscribe('send', print(SEND), { input: { transactionId: deal.id, content } })
}

test('what a client says after its socket began to close is not done', async () => {
  const deal = await testService.seed.deal('late', { buyer: bea, seller: sam })
  const socket = await RawSocket.connect(testService.webSocketUrl, sam.token)
  socket.send(NONSENSE)
  send(socket, deal, 'too late')
  expect(await socket.closed).toEqual(CLOSED_FOR_NONSENSE)
  expect(await bea.say(deal, 'the first')).toMatchObject({ sequence: 1 })
})

test('a mutation that is under way when its socket begins to close is carried out', async () => {
  const deal = await testService.seed.deal('under-way', { buyer: bea, seller: sam })
  const socket = await RawSocket.connect(testService.webSocketUrl, sam.token)
  let arrive = () => {}
  let goOn = () => {}
  const arrived = new Promise<void>((resolve) => {
    arrive = resolve
  })
  const mayGoOn = new Promise<void>((resolve) => {
    goOn = resolve
  })
  const original = MessageService.prototype.send
  const sending = vi.spyOn(MessageService.prototype, 'send').mockImplementationOnce(async function (
    this: MessageService,
    ...parameters
  ) {
    arrive()
    await mayGoOn
    return original.apply(this, parameters)
  })
  send(socket, deal, 'on its way')
  await arrived
  socket.send(NONSENSE)
  expect(await socket.closed).toEqual(CLOSED_FOR_NONSENSE)
  goOn()
  expect(await sending.mock.results[0]?.value).toMatchObject({ sequence: 1, content: 'on its way' })
})

test('subscriptions end when their socket begins to close, not when its client has answered', async () => {
  const deal = await testService.seed.deal('silent', { buyer: bea, seller: sam })
  const socket = await RawSocket.connect(testService.webSocketUrl, sam.token)
  socket.subscribe('deal', print(FOLLOW_MESSAGES), { transactionId: deal.id })
  await vi.waitFor(() => expect(followers.size).toBe(1))
  // It reads nothing, so it will not answer the closing.
  socket.pause()
  socket.send(NONSENSE)
  await vi.waitFor(() => expect(followers.size).toBe(0))
  socket.resume()
  expect(await socket.closed).toEqual(CLOSED_FOR_NONSENSE)
})

test('nothing is read any more for a client that closes and takes its time to read what is on the way', async () => {
  const deal = await testService.seed.deal('unread', { buyer: bea, seller: sam })
  const after = await timelineCursor(sam, deal)
  await fillDeal(testService.database.url, deal, [bea], { count: 2_000, content: 'x'.repeat(10_000) })
  const read = vi.spyOn(TimelineStore.prototype, 'read')
  const socket = await RawSocket.connect(testService.webSocketUrl, sam.token)
  socket.subscribe('deal', print(FOLLOW_MESSAGES), { transactionId: deal.id, after })
  await socket.next()
  socket.pause()
  const closed = socket.close()
  await vi.waitFor(() => expect(followers.size).toBe(0))
  expect(read.mock.calls.length).toBeLessThan(10)
  socket.resume()
  await closed
})
