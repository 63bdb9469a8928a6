import type { Client } from 'graphql-ws'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { MessageStore } from '../../src/chat/message/message-store.js'
import { type Deal, type Person, PLATFORM } from '../testkit/seed.js'
import { startTestService, type TestService } from '../testkit/service.js'
import { connect, listen } from '../testkit/websocket-client.js'
import {
  FOLLOW_INBOX,
  type InboxListener,
  listenToInbox,
  nextOf,
  untilListening,
  untilTold,
} from './inbox-documents.js'

// The clock of intervals stands still: what is told here was rung for. What nobody rings for is in inbox-healing.test.ts.

let testService: TestService
let bea: Person
let sam: Person
let client: Client
let listener: InboxListener

/** Sam has a list of his own in each test, and one subscription for it. */
async function samHas(...keys: string[]): Promise<Deal[]> {
  const deals: Deal[] = []
  for (const key of keys) deals.push(await testService.seed.deal(key, { buyer: bea, seller: sam }))
  listener = await listenToInbox(client)
  return deals
}

beforeAll(async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  testService = await startTestService()
  bea = await testService.seed.person('bea')
})
let people = 0
async function newSam(): Promise<void> {
  people += 1
  sam = await testService.seed.person(`sam-${people}`)
  client = connect(testService.webSocketUrl, sam.token)
}
afterEach(async () => {
  vi.restoreAllMocks()
  await client.dispose()
})
afterAll(async () => {
  await testService.close()
  vi.useRealTimers()
})

test('one subscription tells of every deal in which something is said, as it is by then', async () => {
  await newSam()
  const deals = await samHas('one', 'two', 'three')
  for (const [index, deal] of deals.entries()) {
    await bea.say(deal, `in ${deal.key}`)
    expect(await nextOf(listener)).toEqual({
      transactionId: deal.id,
      transaction: {
        title: `The deal ${deal.key}`,
        status: 'DRAFT',
        messageCount: 1,
        viewerUnreadCount: 1,
        lastMessage: { content: `in ${deal.key}` },
      },
      unreadCount: index + 1,
    })
  }
})

test('an edit and a deletion of the last message, a status and a title are told', async () => {
  await newSam()
  const [deal] = await samHas('moves')
  if (!deal) throw new Error('There is no deal')
  const { message, transaction } = testService.service.services
  const sent = await bea.say(deal, 'Helo')
  await untilTold(listener, deal, (now) => now?.lastMessage?.content === 'Helo')
  await message.edit(bea.viewer, sent.id, 'Hello')
  await untilTold(listener, deal, (now) => now?.lastMessage?.content === 'Hello')
  await message.delete(bea.viewer, sent.id)
  await untilTold(listener, deal, (now) => now?.lastMessage?.content === null)
  await deal.changeStatus('FUNDED')
  await untilTold(listener, deal, (now) => now?.status === 'FUNDED')
  const participants = [bea, sam].map(({ key }) => ({ userKey: key, role: 'BUYER' as const }))
  await transaction.upsert(PLATFORM, { key: deal.key, title: 'Another title', status: 'DRAFT', participants })
  await untilTold(listener, deal, (now) => now?.title === 'Another title')
  await transaction.upsert(PLATFORM, { key: deal.key, title: 'Only a title', status: 'DRAFT', participants })
  await untilTold(listener, deal, (now) => now?.title === 'Only a title')
})

test('what the person reads on another device is told', async () => {
  await newSam()
  const [deal, other] = await samHas('read', 'unread')
  if (!deal || !other) throw new Error('There are no deals')
  const { receipt } = testService.service.services
  const sent = await bea.say(deal, 'Hello')
  await bea.say(other, 'Hello there')
  await untilTold(listener, other, (now) => now?.viewerUnreadCount === 1)

  await receipt.markRead(sam.viewer, deal.key, sent.id)
  const told = await nextOf(listener)
  expect(told).toMatchObject({ transactionId: deal.id, transaction: { viewerUnreadCount: 0 }, unreadCount: 1 })
})

test('what is as it was told already is not told again', async () => {
  await newSam()
  const [deal, other] = await samHas('read-again', 'not-read')
  if (!deal || !other) throw new Error('There are no deals')
  const { inbox, receipt } = testService.service.services
  const sent = await bea.say(deal, 'Hello')
  await receipt.markRead(sam.viewer, deal.key, sent.id)
  const subscription = await inbox.follow(sam.viewer)
  await receipt.markRead(sam.viewer, deal.key, sent.id)
  await bea.say(other, 'Hello there')
  // Both were rung for, and are read together.
  expect((await subscription.next()).value?.transactionKey).toBe(other.key)
  await subscription.return()
})

test('a read position behind what the person said themselves is told too', async () => {
  await newSam()
  const [deal] = await samHas('said')
  if (!deal) throw new Error('There is no deal')
  const sent = await sam.say(deal, 'Hello')
  await nextOf(listener)
  await testService.service.services.receipt.markRead(sam.viewer, deal.key, sent.id)
  expect(await nextOf(listener)).toMatchObject({ transaction: { messageCount: 1, viewerUnreadCount: 0 } })
})

test('a deal that comes, goes and comes back is told each time, and nothing of it between', async () => {
  await newSam()
  const [kept] = await samHas('kept')
  if (!kept) throw new Error('There is no deal')
  const deal = await testService.seed.deal('coming', { buyer: bea, seller: sam })
  expect(await nextOf(listener)).toMatchObject({ transactionId: deal.id, transaction: { messageCount: 0 } })
  await bea.say(deal, 'for Sam')
  await untilTold(listener, deal, (now) => now?.messageCount === 1)

  await deal.seat({ buyer: bea })
  expect(await nextOf(listener)).toEqual({ transactionId: deal.id, transaction: null, unreadCount: 0 })
  await bea.say(deal, 'not for Sam')
  await deal.changeStatus('FUNDED')
  await bea.say(kept, 'still here')
  expect(await nextOf(listener)).toMatchObject({ transactionId: kept.id })

  await deal.seat({ buyer: bea, agent: sam })
  const back = { messageCount: 2, viewerUnreadCount: 0, status: 'FUNDED' }
  expect(await nextOf(listener)).toMatchObject({ transactionId: deal.id, transaction: back })
})

test('a deal of others, and one that was left before, are not told of', async () => {
  await newSam()
  const left = await testService.seed.deal('left-before', { buyer: bea, seller: sam })
  const others = await testService.seed.deal('of-others', { buyer: bea })
  await left.seat({ buyer: bea })
  const [deal] = await samHas('mine')
  if (!deal) throw new Error('There is no deal')
  await bea.say(left, 'not for Sam')
  await bea.say(others, 'not for Sam')
  await bea.say(deal, 'for Sam')
  expect(await nextOf(listener)).toMatchObject({ transactionId: deal.id })
})

test('a removal while something is read for an update is told instead of it, once', async () => {
  await newSam()
  const [deal, kept] = await samHas('raced', 'not-raced')
  if (!deal || !kept) throw new Error('There are no deals')
  const { newest } = MessageStore.prototype
  vi.spyOn(MessageStore.prototype, 'newest').mockImplementationOnce(async function (this: MessageStore, ...of) {
    await deal.seat({ buyer: bea })
    await bea.say(deal, 'not for Sam')
    return newest.apply(this, of)
  })
  await bea.say(deal, 'the last that Sam might have heard')
  expect(await nextOf(listener)).toMatchObject({ transactionId: deal.id, transaction: null })
  await bea.say(kept, 'for Sam')
  expect(await nextOf(listener)).toMatchObject({ transactionId: kept.id })
})

test('a burst of forty is told at most four times a second, and at last as it is in the end', async () => {
  await newSam()
  const [deal] = await samHas('burst')
  if (!deal) throw new Error('There is no deal')
  const startedAt = performance.now()
  for (let nth = 1; nth <= 40; nth += 1) await bea.say(deal, `${nth}`)
  const told = await untilTold(listener, deal, (now) => now?.messageCount === 40)
  const seconds = (performance.now() - startedAt) / 1_000
  expect(told.length).toBeGreaterThan(1)
  expect(told.length).toBeLessThanOrEqual(Math.ceil(4 * seconds) + 1)
  expect(told.at(-1)?.transaction).toMatchObject({ viewerUnreadCount: 40, lastMessage: { content: '40' } })
})

test('a reader who takes their time gets the latest of each deal, once', async () => {
  await newSam()
  const [busy, quiet, left] = await samHas('busy', 'quiet', 'gone')
  if (!busy || !quiet || !left) throw new Error('There are no deals')
  const slow = await testService.service.services.inbox.follow(sam.viewer)
  for (let nth = 1; nth <= 30; nth += 1) await bea.say(busy, `${nth}`)
  await left.seat({ buyer: bea })
  await bea.say(quiet, 'Hello')
  const updates = [await slow.next(), await slow.next(), await slow.next()].map(({ value }) => value)
  expect(updates.map((update) => [update?.transactionKey, update?.transaction?.messageCount])).toEqual([
    ['busy', 30],
    ['gone', undefined],
    ['quiet', 1],
  ])
  await bea.say(busy, 'and one more')
  expect((await slow.next()).value?.transaction?.messageCount).toBe(31)
  await slow.return()
})

test('relations that are asked for come along', async () => {
  await newSam()
  const [deal] = await samHas('relations')
  if (!deal) throw new Error('There is no deal')
  const document = 'subscription { inboxChanged { transaction { participants { user { id } role } } } }'
  const withPeople = await untilListening(1, () => listen(client, document, {}))
  await deal.changeStatus('FUNDED')
  const participants = [
    { user: { id: bea.id }, role: 'BUYER' },
    { user: { id: sam.id }, role: 'SELLER' },
  ]
  expect(await withPeople.next()).toEqual({ inboxChanged: { transaction: { participants } } })
})

test.each([
  ['a partner', { clientId: 'partner', scopes: ['history:read'] }],
  ['the platform', { clientId: 'platform', scopes: ['platform'] }],
])('%s is refused, and told why', async (_, request) => {
  client = connect(testService.webSocketUrl, await testService.seed.token(request))
  expect(await listen(client, FOLLOW_INBOX, {}).ended).toEqual([
    expect.objectContaining({
      message: 'Only a person who takes part in transactions has an inbox.',
      extensions: { code: 'FORBIDDEN' },
    }),
  ])
})
