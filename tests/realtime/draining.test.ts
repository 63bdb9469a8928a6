import { once } from 'node:events'
import { Agent, type IncomingMessage, request } from 'node:http'
import { json } from 'node:stream/consumers'
import { print } from 'graphql'
import { expect, test, vi } from 'vitest'
import { MessageStore } from '../../src/chat/message/message-store.js'
import { DealLock } from '../testkit/deal-lock.js'
import { fillDeal } from '../testkit/long-deal.js'
import { RawSocket } from '../testkit/raw-socket.js'
import { startTestService } from '../testkit/service.js'
import { query } from '../testkit/sql.js'
import { SEND } from '../testkit/writing.js'

const RESTART = { code: 1012, reason: 'Service restart' }

/** Bea's send waits for a lock while the service begins to close. */
async function sendAndClose() {
  const testService = await startTestService()
  const otherNode = await testService.startAnotherNode()
  const bea = await testService.seed.person('bea')
  const deal = await testService.seed.deal('deal', { buyer: bea })
  const socket = await RawSocket.connect(otherNode.webSocketUrl, bea.token)
  const lock = await DealLock.hold(testService.database.url, deal.key)
  const send = (id: string) =>
    socket.subscribe(id, print(SEND), { input: { transactionId: deal.id, content: id, clientMessageId: id } })
  send('under way')
  await lock.untilWaitedForBy(1)
  const closing = otherNode.close()
  return { testService, deal, socket, lock, send, closing }
}

test('what is under way when a node closes is answered, and only then its socket is closed with 1012', async () => {
  const { testService, socket, lock, closing } = await sendAndClose()
  await lock.release()
  expect(await socket.next()).toMatchObject({
    id: 'under way',
    type: 'next',
    payload: { data: { sendMessage: { message: { sequence: 1 } } } },
  })
  expect(await socket.next()).toEqual({ id: 'under way', type: 'complete' })
  expect(await socket.closed).toEqual(RESTART)
  await closing
  await testService.close()
})

test('what a client asks while a node closes is not begun: it asks again on its next socket', async () => {
  const { testService, deal, socket, lock, send, closing } = await sendAndClose()
  send('too late')
  await socket.untilRead()
  await lock.release()
  expect((await socket.next()).id).toBe('under way')
  expect((await socket.next()).id).toBe('under way')
  expect(await socket.closed).toEqual(RESTART)
  await closing
  const stored = await query<{ content: string }>(
    testService.database.url,
    'SELECT content FROM "Message" WHERE "transactionKey" = $1',
    [deal.key],
  )
  expect(stored).toEqual([{ content: 'under way' }])
  await testService.close()
})

test('an HTTP client that keeps its connection is answered, and told that this was the last answer on it', async () => {
  const testService = await startTestService()
  const otherNode = await testService.startAnotherNode()
  const bea = await testService.seed.person('bea')
  const deal = await testService.seed.deal('deal', { buyer: bea })
  const lock = await DealLock.hold(testService.database.url, deal.key)
  const agent = new Agent({ keepAlive: true })
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${bea.token}` }
  const sending = request(otherNode.url, { method: 'POST', agent, headers })
  sending.end(
    JSON.stringify({ query: print(SEND), variables: { input: { transactionId: deal.id, content: 'Hello' } } }),
  )
  await lock.untilWaitedForBy(1)
  const closing = otherNode.close()
  await lock.release()
  const [response] = (await once(sending, 'response')) as [IncomingMessage]
  expect(response.headers.connection).toBe('close')
  expect(await json(response)).toMatchObject({ data: { sendMessage: { message: { sequence: 1 } } } })
  await closing
  agent.destroy()
  await testService.close()
})

test('a large answer to a slow reader comes to its end, with its `complete`, before the socket is closed', async () => {
  const testService = await startTestService()
  const otherNode = await testService.startAnotherNode()
  const bea = await testService.seed.person('bea')
  const deal = await testService.seed.deal('deal', { buyer: bea })
  await fillDeal(testService.database.url, deal, [bea], { count: 100, content: '界'.repeat(10_000) })
  const socket = await RawSocket.connect(otherNode.webSocketUrl, bea.token)
  const page = `messages(transactionId: "${deal.id}", last: 100) { nodes { content } }`
  const read = vi.spyOn(MessageStore.prototype, 'pages')
  socket.subscribe('large', `{ ${['a', 'b', 'c', 'd'].map((alias) => `${alias}: ${page}`).join(' ')} }`)
  socket.pause()
  await vi.waitFor(() => expect(read).toHaveBeenCalledTimes(4))
  await Promise.all(read.mock.results.map(({ value }) => value))
  const closing = otherNode.close()
  // The closing has begun by now, and waits.
  await new Promise(setImmediate)
  socket.resume()
  expect(await socket.next()).toMatchObject({ id: 'large', type: 'next' })
  expect(await socket.next()).toEqual({ id: 'large', type: 'complete' })
  expect(await socket.closed).toEqual(RESTART)
  await closing
  await testService.close()
})
