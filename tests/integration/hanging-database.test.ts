import { print } from 'graphql'
import { afterAll, afterEach, beforeAll, expect, inject, test } from 'vitest'
import { refusalOf } from '../testkit/http-client.js'
import { PostgresProxy } from '../testkit/postgres-proxy.js'
import { RawSocket } from '../testkit/raw-socket.js'
import type { Deal, Person } from '../testkit/seed.js'
import { startTestService, type TestService } from '../testkit/service.js'
import { FOLLOW_MESSAGES, timelineCursor } from '../testkit/timeline-documents.js'
import { connect, listen } from '../testkit/websocket-client.js'
import { EDIT, SEND } from '../testkit/writing.js'

// Between the service and Postgres there is a proxy. When it hangs nothing is refused and nothing is answered, as when the
// server's processes are stopped, or a firewall swallows what is sent.

const WITHIN_MS = 5_000

let proxy: PostgresProxy
let testService: TestService
let bea: Person
let sam: Person
let deal: Deal
let messageId: string

beforeAll(async () => {
  proxy = await PostgresProxy.start(inject('postgresUrl'))
  testService = await startTestService((database) => ({ DATABASE_URL: proxy.urlOf(database.url) }))
  bea = await testService.seed.person('bea')
  sam = await testService.seed.person('sam')
  deal = await testService.seed.deal('deal', { buyer: bea, seller: sam })
  messageId = `msg_${(await bea.say(deal, 'words')).id}`
})
afterEach(() => proxy.goOn())
afterAll(async () => {
  await testService.close()
  await proxy.close()
})

/** How long it takes, and what comes of it. */
async function timed<Result>(work: Promise<Result>) {
  const since = performance.now()
  const result = await work
  return { result, elapsedMs: performance.now() - since }
}

test('over HTTP everything is refused within 5 s, and nothing of it was acknowledged', async () => {
  proxy.hang()
  const input = { transactionId: deal.id, content: 'hanging', clientMessageId: 'hanging' }
  const answers = await Promise.all([
    timed(bea.ask(SEND, { input })),
    timed(bea.ask(EDIT, { input: { messageId, content: 'other words' } })),
    timed(bea.ask('{ viewer { id } }', {})),
  ])
  for (const { result, elapsedMs } of answers) {
    expect(refusalOf(result)).toEqual({ code: 'SERVICE_UNAVAILABLE' })
    expect(elapsedMs).toBeLessThan(WITHIN_MS)
  }
})

test('more is asked than there are connections: everybody is refused within 5 s', async () => {
  proxy.hang()
  const answers = await Promise.all(Array.from({ length: 40 }, () => timed(bea.ask('{ viewer { unreadCount } }', {}))))
  expect(answers.map(({ result }) => refusalOf(result))).toEqual(answers.map(() => ({ code: 'SERVICE_UNAVAILABLE' })))
  expect(Math.max(...answers.map(({ elapsedMs }) => elapsedMs))).toBeLessThan(WITHIN_MS)
})

test('over an open socket a send is refused within 5 s, the socket stays, and listening goes on when the database answers', async () => {
  const client = connect(testService.webSocketUrl, sam.token)
  const listener = listen(client, FOLLOW_MESSAGES, { transactionId: deal.id, after: await timelineCursor(sam, deal) })
  const first = await bea.say(deal, 'heard')
  expect((await listener.next()).messageAdded.node.sequence).toBe(first.sequence)

  proxy.hang()
  const input = { transactionId: deal.id, content: 'tried', clientMessageId: 'tried' }
  const trying = listen(client, SEND, { input })
  const { result, elapsedMs } = await timed(trying.ended)
  expect(result).toMatchObject([{ extensions: { code: 'SERVICE_UNAVAILABLE' } }])
  expect(elapsedMs).toBeLessThan(WITHIN_MS)

  proxy.goOn()
  const back = performance.now()
  // The refused one may have been stored after all; under the same key it is stored once.
  const again = await listen(client, SEND, { input }).next()
  expect(again.sendMessage.message.sequence).toBe(first.sequence + 1)
  expect((await listener.next()).messageAdded.node.sequence).toBe(first.sequence + 1)
  expect(performance.now() - back).toBeLessThan(WITHIN_MS)
  await client.dispose()
})

test('a subscription and a connection that begin while it hangs are told to try again within 5 s', async () => {
  const socket = await RawSocket.connect(testService.webSocketUrl, bea.token)
  proxy.hang()
  const connecting = RawSocket.closingOf(testService.webSocketUrl, { token: bea.token })
  socket.subscribe('deal', `subscription { messageAdded(transactionId: "${deal.id}") { cursor } }`)
  const [subscribed, connected] = await Promise.all([timed(socket.next()), timed(connecting)])
  expect(subscribed.result).toMatchObject({ type: 'error', payload: [{ extensions: { code: 'SERVICE_UNAVAILABLE' } }] })
  expect(connected.result).toEqual({ code: 1013, reason: 'Try again later' })
  for (const { elapsedMs } of [subscribed, connected]) expect(elapsedMs).toBeLessThan(WITHIN_MS)
  await socket.close()
})

test('a node that is stopped while it hangs ends within 10 s', async () => {
  const otherNode = await testService.startAnotherNode()
  const socket = await RawSocket.connect(otherNode.webSocketUrl, bea.token)
  proxy.hang()
  const input = { transactionId: deal.id, content: 'while stopping', clientMessageId: 'while stopping' }
  socket.subscribe('send', print(SEND), { input })
  await socket.untilRead()
  const { elapsedMs } = await timed(otherNode.close())
  expect(elapsedMs).toBeLessThan(10_000)
  expect(await socket.closed).toEqual({ code: 1012, reason: 'Service restart' })
}, 30_000)
