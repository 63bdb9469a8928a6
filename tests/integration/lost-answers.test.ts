import { afterAll, beforeAll, beforeEach, expect, inject, test } from 'vitest'
import { encodeCursor } from '../../src/chat/timeline/timeline-cursor.js'
import { PostgresProxy } from '../testkit/postgres-proxy.js'
import type { Deal, Person } from '../testkit/seed.js'
import { startTestService, type TestService } from '../testkit/service.js'
import { query } from '../testkit/sql.js'
import { countTo, FOLLOW_MESSAGES } from '../testkit/timeline-documents.js'
import { connect, listen } from '../testkit/websocket-client.js'

// Between the service and Postgres there is a proxy that cuts the connection of a commit.

let proxy: PostgresProxy
let testService: TestService
let bea: Person
let deal: Deal

beforeAll(async () => {
  proxy = await PostgresProxy.start(inject('postgresUrl'))
  testService = await startTestService((database) => ({ DATABASE_URL: proxy.urlOf(database.url) }))
  bea = await testService.seed.person('bea')
})
beforeEach(async ({ task }) => {
  deal = await testService.seed.deal(task.id, { buyer: bea })
})
afterAll(async () => {
  await testService.close()
  await proxy.close()
})

const send = (content: string, clientMessageId?: string) =>
  testService.service.services.message.send(bea.viewer, { transactionKey: deal.key, content, clientMessageId })

const stored = () =>
  query<{ id: string; content: string; sequence: number }>(
    testService.database.url,
    'SELECT id, content, sequence FROM "Message" WHERE "transactionKey" = $1 ORDER BY sequence',
    [deal.key],
  )

test('a send whose answer is lost after the commit is acknowledged with the message that is stored, and told to listeners', async () => {
  const client = connect(testService.webSocketUrl, bea.token)
  const listener = listen(client, FOLLOW_MESSAGES, { transactionId: deal.id, after: encodeCursor(deal.key, 0) })
  await send('first')
  await listener.take(1)
  const cut = proxy.cutNext('send_messages', 'the answer')
  const message = await send('Is it there?')
  await cut

  expect(message).toMatchObject({ content: 'Is it there?', sequence: 2 })
  expect((await stored()).map(({ id }) => id).slice(1)).toEqual([message.id])
  expect((await listener.next()).messageAdded.node).toMatchObject({ id: `msg_${message.id}`, sequence: 2 })
  await client.dispose()
})

test('a whole batch whose answer is lost after the commit is acknowledged, each send with its own message, none doubled', async () => {
  const cut = proxy.cutNext('send_messages', 'the answer')
  const messages = await Promise.all(countTo(100).map((nth) => send(`${nth}`, `key-${nth}`)))
  await cut
  expect(messages.map(({ content, sequence }) => ({ content, sequence }))).toEqual(
    countTo(100).map((nth) => ({ content: `${nth}`, sequence: nth })),
  )
  expect(await stored()).toMatchObject(messages.map(({ id, sequence }) => ({ id, sequence })))
})

test('a send that was lost before the commit is refused, and nothing is stored until it is sent again', async () => {
  const cut = proxy.cutNext('send_messages', 'the call')
  await expect(send('Hello', 'key')).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' })
  await cut
  expect(await stored()).toEqual([])
  const { id } = await send('Hello', 'key')
  expect(await stored()).toMatchObject([{ id, sequence: 1 }])
})

test('a send whose look-up is lost as well is refused, and sent again under the same key it is the one that is stored', async () => {
  const cut = proxy.cutNext('send_messages', 'the answer').then(() => proxy.keepOut())
  await expect(send('Hello', 'key')).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' })
  await cut
  const before = await stored()
  expect(before).toMatchObject([{ content: 'Hello', sequence: 1 }])

  proxy.letIn()
  const again = await send('Hello', 'key')
  expect([{ id: again.id, content: again.content, sequence: again.sequence }]).toEqual(before)
  expect(await stored()).toEqual(before)
})
