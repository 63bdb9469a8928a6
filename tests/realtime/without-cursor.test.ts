import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { decodeCursor } from '../../src/chat/timeline/timeline-cursor.js'
import { TimelineFollowers } from '../../src/chat/timeline/timeline-followers.js'
import type { Deal, Person } from '../testkit/seed.js'
import { startTestService, type TestService } from '../testkit/service.js'
import { SUBSCRIPTION_NAMES, SUBSCRIPTIONS } from '../testkit/timeline-documents.js'
import { connect, listen } from '../testkit/websocket-client.js'

const borrow = vi.spyOn(TimelineFollowers.prototype, 'borrow')
let testService: TestService
let bea: Person
let sam: Person

beforeAll(async () => {
  testService = await startTestService()
  bea = await testService.seed.person('bea')
  sam = await testService.seed.person('sam')
})
afterAll(() => testService.close())

/** A message, an edit of it, and a change of status. */
async function doSomethingOfEach(deal: Deal, status: 'FUNDED' | 'SHIPPED'): Promise<void> {
  const { id } = await bea.say(deal, 'Helo')
  await testService.service.services.message.edit(bea.viewer, id, 'Hello')
  await deal.changeStatus(status)
}

/** Of the second round, which takes positions 7 to 9, what is the first that each hears. */
const POSITIONS = { messageAdded: 7, messageChanged: 8, transactionStatusChanged: 9, timelineAdvanced: 7 }

test.each(SUBSCRIPTION_NAMES)('%s without a cursor begins with what comes next', async (name) => {
  const deal = await testService.seed.deal(`next-${name}`, { buyer: bea, seller: sam })
  await doSomethingOfEach(deal, 'FUNDED')
  const before = borrow.mock.calls.length
  const client = connect(testService.webSocketUrl, sam.token)
  const listener = listen<object, { transactionId: string }>(client, SUBSCRIPTIONS[name], { transactionId: deal.id })
  // It has begun when it asks for what is to come.
  await vi.waitFor(() => expect(borrow.mock.calls.length).toBeGreaterThan(before))

  await doSomethingOfEach(deal, 'SHIPPED')

  const [delivered] = Object.values(await listener.next()) as { cursor: string }[]
  const position = decodeCursor(delivered?.cursor ?? '', 'after', { transactionKey: deal.key, head: 9 })
  expect(position).toBe(POSITIONS[name])
  await client.dispose()
})
