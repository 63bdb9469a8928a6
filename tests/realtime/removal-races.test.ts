import { print } from 'graphql'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { MessageService } from '../../src/chat/message/message-service.js'
import { MessageStore } from '../../src/chat/message/message-store.js'
import { ReceiptStore } from '../../src/chat/receipt/receipt-store.js'
import { TimelineFollowers } from '../../src/chat/timeline/timeline-followers.js'
import { TimelineStore } from '../../src/chat/timeline/timeline-store.js'
import { MemoryEventBus } from '../../src/platform/memory-event-bus.js'
import { graphql } from '../generated/gql.js'
import { RawSocket } from '../testkit/raw-socket.js'
import type { Person } from '../testkit/seed.js'
import { startTestService, type TestService } from '../testkit/service.js'
import { FOLLOW_MESSAGES, GONE, timelineCursor } from '../testkit/timeline-documents.js'

const WITH_NEWEST = graphql(`
  subscription RemovalRacesWithNewest($transactionId: ID!, $after: String) {
    messageAdded(transactionId: $transactionId, after: $after) {
      node {
        transaction {
          lastMessage {
            content
          }
        }
      }
    }
  }
`)

const WITH_READERS = graphql(`
  subscription RemovalRacesWithReaders($transactionId: ID!, $after: String) {
    messageAdded(transactionId: $transactionId, after: $after) {
      node {
        content
        readBy {
          lastReadSequence
        }
      }
    }
  }
`)

let testService: TestService
let bea: Person
let sam: Person

beforeAll(async () => {
  testService = await startTestService()
  bea = await testService.seed.person('bea')
  sam = await testService.seed.person('sam')
})
afterEach(() => vi.restoreAllMocks())
afterAll(() => testService.close())

test('who is removed at the very moment of subscribing hears nothing of what follows', async () => {
  const deal = await testService.seed.deal('race', { buyer: bea, seller: sam })
  const borrow = TimelineFollowers.prototype.borrow
  vi.spyOn(TimelineFollowers.prototype, 'borrow').mockImplementationOnce(async function (this: TimelineFollowers, key) {
    // Sam was still a participant when access was checked.
    await deal.seat({ buyer: bea })
    return borrow.call(this, key)
  })
  const socket = await RawSocket.connect(testService.webSocketUrl, sam.token)
  socket.subscribe('sam', print(FOLLOW_MESSAGES), { transactionId: deal.id })
  const answer = socket.next()
  await vi.waitFor(() => expect(TimelineFollowers.prototype.borrow).toHaveResolved())
  await bea.say(deal, 'not for Sam')

  expect(await answer).toEqual({ type: 'error', id: 'sam', payload: [GONE] })
  await socket.close()
})

test('an entry that is delivered while its reader is removed shows nothing that was said later', async () => {
  const deal = await testService.seed.deal('leak', { buyer: bea, seller: sam })
  const socket = await RawSocket.connect(testService.webSocketUrl, sam.token)
  const after = await timelineCursor(sam, deal)
  socket.subscribe('sam', print(WITH_NEWEST), { transactionId: deal.id, after })
  await bea.say(deal, 'for Sam')
  expect(await socket.next()).toMatchObject({ type: 'next' })
  const findVisible = MessageService.prototype.findVisible
  vi.spyOn(MessageService.prototype, 'findVisible').mockImplementationOnce(async function (
    this: MessageService,
    ...args
  ) {
    await deal.seat({ buyer: bea })
    await bea.say(deal, 'not for Sam')
    return findVisible.apply(this, args)
  })
  await bea.say(deal, 'for Sam too')

  const heard = [await socket.next()]
  while (heard.at(-1)?.type !== 'error') heard.push(await socket.next())
  expect(JSON.stringify(heard)).not.toContain('not for Sam')
  await socket.close()
})

test('what an event reads on by itself shows nothing that was said after its reader was removed', async () => {
  const deal = await testService.seed.deal('reads-below', { buyer: bea, seller: sam })
  const socket = await RawSocket.connect(testService.webSocketUrl, sam.token)
  const after = await timelineCursor(sam, deal)
  const { newest } = MessageStore.prototype
  vi.spyOn(MessageStore.prototype, 'newest').mockImplementationOnce(async function (this: MessageStore, ...args) {
    await deal.seat({ buyer: bea })
    await bea.say(deal, 'not for Sam')
    return newest.apply(this, args)
  })
  socket.subscribe('sam', print(WITH_NEWEST), { transactionId: deal.id, after })
  await bea.say(deal, 'for Sam')

  expect(await socket.next()).toEqual({ type: 'error', id: 'sam', payload: [GONE] })
  await socket.close()
})

test('who has read a message is shown to nobody who was removed before it was read', async () => {
  const deal = await testService.seed.deal('readers', { buyer: bea, seller: sam })
  const socket = await RawSocket.connect(testService.webSocketUrl, sam.token)
  const after = await timelineCursor(sam, deal)
  const { readersOf } = ReceiptStore.prototype
  vi.spyOn(ReceiptStore.prototype, 'readersOf').mockImplementationOnce(async function (this: ReceiptStore, ...args) {
    await deal.seat({ buyer: bea })
    return readersOf.apply(this, args)
  })
  socket.subscribe('sam', print(WITH_READERS), { transactionId: deal.id, after })
  await bea.say(deal, 'for Sam')

  expect(await socket.next()).toEqual({ type: 'error', id: 'sam', payload: [GONE] })
  await socket.close()
})

test('a node that reads on shows a person who leaves no edit that it finds on the way', async () => {
  const deal = await testService.seed.deal('reads-on', { buyer: bea, seller: sam })
  const socket = await RawSocket.connect(testService.webSocketUrl, sam.token)
  const after = await timelineCursor(sam, deal)
  socket.subscribe('sam', print(FOLLOW_MESSAGES), { transactionId: deal.id, after })
  await bea.say(deal, 'heard')
  expect(await socket.next()).toMatchObject({ type: 'next' })
  vi.spyOn(MemoryEventBus.prototype, 'publish').mockImplementationOnce(() => {})
  const { id } = await bea.say(deal, 'for Sam')
  const { read } = TimelineStore.prototype
  vi.spyOn(TimelineStore.prototype, 'read').mockImplementationOnce(async function (this: TimelineStore, stretch) {
    await testService.service.services.message.edit(bea.viewer, id, 'not for Sam')
    return read.call(this, stretch)
  })
  await deal.seat({ buyer: bea })

  const message = expect.objectContaining({ content: 'for Sam' })
  expect(await socket.next()).toMatchObject({ payload: { data: { messageAdded: { node: message } } } })
  expect(await socket.next()).toEqual({ type: 'error', id: 'sam', payload: [GONE] })
  await socket.close()
})
