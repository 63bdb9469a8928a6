import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Deal, Person } from '../testkit/seed.js'
import { startTestService, type TestService } from '../testkit/service.js'
import { FOLLOW_CHANGES, timelineCursor } from '../testkit/timeline-documents.js'
import { connect, type Listener, listen } from '../testkit/websocket-client.js'

let testService: TestService
let bea: Person
let sam: Person

beforeAll(async () => {
  testService = await startTestService()
  bea = await testService.seed.person('bea')
  sam = await testService.seed.person('sam')
})
afterAll(() => testService.close())

function samListens(deal: Deal, after: string) {
  const client = connect(testService.webSocketUrl, sam.token)
  return { client, listener: listen(client, FOLLOW_CHANGES, { transactionId: deal.id, after }) }
}

async function nextMessage(listener: Listener<{ messageChanged: { message: unknown } }>): Promise<unknown> {
  return (await listener.next()).messageChanged.message
}

test('an edit and then a deletion arrive as they happen, and nothing else does', async () => {
  const { message: messages } = testService.service.services
  const deal = await testService.seed.deal('live', { buyer: bea, seller: sam })
  const sent = await bea.say(deal, 'Helo')
  const { client, listener } = samListens(deal, await timelineCursor(sam, deal))

  await messages.edit(bea.viewer, sent.id, 'Hello')
  expect(await nextMessage(listener)).toEqual({
    id: `msg_${sent.id}`,
    version: 5,
    content: 'Hello',
    editedAt: expect.any(String),
    deletedAt: null,
  })

  await bea.say(deal, 'not a change')
  await deal.changeStatus('FUNDED')
  await messages.delete(bea.viewer, sent.id)
  expect(await nextMessage(listener)).toMatchObject({ version: 8, content: null, deletedAt: expect.any(String) })
  await client.dispose()
})

test('an edit that changes nothing and a second deletion are no news', async () => {
  const { message: messages } = testService.service.services
  const deal = await testService.seed.deal('repeated', { buyer: bea, seller: sam })
  const sent = await bea.say(deal, 'Hello')
  const { client, listener } = samListens(deal, await timelineCursor(sam, deal))

  await messages.edit(bea.viewer, sent.id, 'Hello')
  await messages.delete(bea.viewer, sent.id)
  await messages.delete(bea.viewer, sent.id)
  const other = await bea.say(deal, 'another')
  await messages.edit(bea.viewer, other.id, 'another one')

  expect(await nextMessage(listener)).toMatchObject({ version: 5, deletedAt: expect.any(String) })
  expect(await nextMessage(listener)).toMatchObject({ version: 7, content: 'another one' })
  await client.dispose()
})

test('changes that were missed come as the message is now, each at its own cursor', async () => {
  const { message: messages } = testService.service.services
  const deal = await testService.seed.deal('missed', { buyer: bea, seller: sam })
  const sent = await bea.say(deal, 'one')
  const after = await timelineCursor(sam, deal)
  await messages.edit(bea.viewer, sent.id, 'two')
  await messages.edit(bea.viewer, sent.id, 'three')
  await messages.delete(bea.viewer, sent.id)
  const { client, listener } = samListens(deal, after)

  const changes = (await listener.take(3)).map(({ messageChanged }) => messageChanged)
  expect(changes.map(({ message }) => message)).toEqual(
    Array(3).fill(expect.objectContaining({ version: 7, content: null, deletedAt: expect.any(String) })),
  )
  expect(new Set(changes.map(({ cursor }) => cursor)).size).toBe(3)
  await client.dispose()
})
