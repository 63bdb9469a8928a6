import type { Client } from 'graphql-ws'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { MessageService } from '../../src/chat/message/message-service.js'
import { encodeCursor } from '../../src/chat/timeline/timeline-cursor.js'
import { TimelineFollowers } from '../../src/chat/timeline/timeline-followers.js'
import { TimelineStore } from '../../src/chat/timeline/timeline-store.js'
import type { Deal, Person } from '../testkit/seed.js'
import { startTestService, type TestService } from '../testkit/service.js'
import { timelineCursor } from '../testkit/timeline-documents.js'
import { connect, listen } from '../testkit/websocket-client.js'

// What can't wait until the database is back, and what of it is left behind.

const WITH_NEWEST = `subscription ($transactionId: ID!, $after: String) {
  messageAdded(transactionId: $transactionId, after: $after) {
    cursor
    node { content transaction { lastMessage { content } } }
  }
}`
const AWAY = expect.objectContaining({ extensions: expect.objectContaining({ code: 'SERVICE_UNAVAILABLE' }) })

let testService: TestService
let bea: Person
let sam: Person
let deal: Deal
let client: Client

beforeAll(async () => {
  testService = await startTestService()
  bea = await testService.seed.person('bea')
  sam = await testService.seed.person('sam')
  deal = await testService.seed.deal('deal', { buyer: bea, seller: sam })
})
beforeEach(() => {
  client = connect(testService.webSocketUrl, sam.token)
})
afterEach(async () => {
  vi.restoreAllMocks()
  await client.dispose()
  await testService.database.comeBack()
})
afterAll(() => testService.close())

test('who unsubscribes while it waits leaves nothing behind', async () => {
  await bea.say(deal, 'unheard')
  const { timeline } = testService.service.services
  const borrow = vi.spyOn(TimelineFollowers.prototype, 'borrow')
  const subscription = await timeline.follow(sam.viewer, deal.key, {
    after: encodeCursor(deal.key, 0),
    kinds: ['MESSAGE_SENT'],
  })
  const followers = borrow.mock.contexts[0] as TimelineFollowers
  expect(followers.size).toBe(1)
  await testService.database.goAway()
  const read = vi.spyOn(TimelineStore.prototype, 'read')
  const waiting = subscription.next()
  await expect(read.mock.results[0]?.value).rejects.toThrow()
  expect(await subscription.return()).toEqual({ done: true, value: undefined })
  expect(await waiting).toEqual({ done: true, value: undefined })
  expect(followers.size).toBe(0)
})

test('who subscribes meanwhile is refused, and leaves nothing behind', async () => {
  const { borrow } = TimelineFollowers.prototype
  const borrowings = vi.spyOn(TimelineFollowers.prototype, 'borrow').mockImplementationOnce(async function (
    this: TimelineFollowers,
    key,
  ) {
    await testService.database.goAway()
    return borrow.call(this, key)
  })
  const listener = listen(client, WITH_NEWEST, { transactionId: deal.id })
  expect(await listener.ended).toEqual([AWAY])
  const followers = borrowings.mock.contexts[0] as TimelineFollowers
  expect(followers.size).toBe(0)
  expect(await listen(client, WITH_NEWEST, { transactionId: deal.id }).ended).toEqual([AWAY])
})

test('an event that needs a reading of its own ends the subscription, and comes again to who resumes', async () => {
  const variables = { transactionId: deal.id, after: await timelineCursor(sam, deal) }
  const listener = listen<{ messageAdded: { cursor: string } }, typeof variables>(client, WITH_NEWEST, variables)
  await bea.say(deal, 'heard')
  const { cursor } = (await listener.next()).messageAdded
  const { findVisible } = MessageService.prototype
  vi.spyOn(MessageService.prototype, 'findVisible').mockImplementationOnce(async function (
    this: MessageService,
    ...args
  ) {
    await testService.database.goAway()
    return findVisible.apply(this, args)
  })
  await bea.say(deal, 'could not be shown')
  expect(await listener.ended).toEqual([AWAY])

  await testService.database.comeBack()
  const resumed = listen<object, typeof variables>(client, WITH_NEWEST, { ...variables, after: cursor })
  expect(await resumed.next()).toMatchObject({ messageAdded: { node: { content: 'could not be shown' } } })
  resumed.stop()
})
