import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Person } from '../testkit/seed.js'
import { startTestService, type TestService } from '../testkit/service.js'
import { FOLLOW_MESSAGES, FOLLOW_STATUS, timelineCursor } from '../testkit/timeline-documents.js'
import { connect, listen } from '../testkit/websocket-client.js'

let testService: TestService
let bea: Person
let sam: Person

beforeAll(async () => {
  testService = await startTestService()
  bea = await testService.seed.person('bea')
  sam = await testService.seed.person('sam')
})
afterAll(() => testService.close())

test('a change of status arrives with the status before, and the SYSTEM message goes to those who follow messages', async () => {
  const deal = await testService.seed.deal('live', { buyer: bea, seller: sam })
  const after = await timelineCursor(sam, deal)
  const client = connect(testService.webSocketUrl, sam.token)
  const statuses = listen(client, FOLLOW_STATUS, { transactionId: deal.id, after })
  const messages = listen(client, FOLLOW_MESSAGES, { transactionId: deal.id, after })

  await deal.changeStatus('FUNDED', 'The payment has arrived.')

  expect((await statuses.next()).transactionStatusChanged.entry).toEqual({
    position: 4,
    previousStatus: 'DRAFT',
    status: 'FUNDED',
    message: 'The payment has arrived.',
    actor: null,
  })
  expect((await messages.next()).messageAdded.node).toMatchObject({
    content: 'The payment has arrived.',
    version: 5,
    sender: null,
  })
  await client.dispose()
})

test('the status that the deal already has is no news', async () => {
  const deal = await testService.seed.deal('same', { buyer: bea, seller: sam })
  const client = connect(testService.webSocketUrl, sam.token)
  const listener = listen(client, FOLLOW_STATUS, { transactionId: deal.id, after: await timelineCursor(sam, deal) })

  await deal.changeStatus('FUNDED')
  await deal.changeStatus('FUNDED')
  await deal.changeStatus('SHIPPED')

  const statuses = (await listener.take(2)).map(({ transactionStatusChanged }) => transactionStatusChanged.entry.status)
  expect(statuses).toEqual(['FUNDED', 'SHIPPED'])
  await client.dispose()
})
