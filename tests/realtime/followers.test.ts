import { print } from 'graphql'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { TimelineFollowers } from '../../src/chat/timeline/timeline-followers.js'
import { RawSocket } from '../testkit/raw-socket.js'
import type { Deal, Person } from '../testkit/seed.js'
import { startTestService, type TestService } from '../testkit/service.js'
import { FOLLOW_CHANGES, FOLLOW_MESSAGES, FOLLOW_STATUS, FOLLOW_TIMELINE } from '../testkit/timeline-documents.js'

let testService: TestService
let bea: Person
let sam: Person

beforeAll(async () => {
  testService = await startTestService()
  bea = await testService.seed.person('bea')
  sam = await testService.seed.person('sam')
})
beforeEach(() => {
  vi.spyOn(TimelineFollowers.prototype, 'borrow')
})
afterEach(() => vi.restoreAllMocks())
afterAll(() => testService.close())

/** The followers of the service, once somebody has asked for one so many times. */
async function followersAfter(count: number): Promise<TimelineFollowers> {
  const borrow = vi.mocked(TimelineFollowers.prototype.borrow)
  await vi.waitFor(() => expect(borrow).toHaveBeenCalledTimes(count))
  const followers: unknown = borrow.mock.contexts[0]
  if (!(followers instanceof TimelineFollowers)) throw new Error('Nobody has asked for a follower')
  return followers
}

function noneIsLeft(followers: TimelineFollowers): Promise<void> {
  return vi.waitFor(() => expect(followers.size).toBe(0))
}

/** Subscribes in every way, and waits until each subscription has delivered something. */
async function followInEveryWay(socket: RawSocket, deal: Deal): Promise<string[]> {
  const documents = [FOLLOW_MESSAGES, FOLLOW_CHANGES, FOLLOW_STATUS, FOLLOW_TIMELINE]
  const ids = documents.map((_, index) => `way ${index}`)
  documents.forEach((document, index) => {
    socket.subscribe(ids[index] ?? '', print(document), { transactionId: deal.id })
  })
  await followersAfter(documents.length)
  return ids
}

test('all that follow one transaction share one follower, and the last to unsubscribe ends it', async () => {
  const deal = await testService.seed.deal('shared', { buyer: bea, seller: sam })
  const socket = await RawSocket.connect(testService.webSocketUrl, sam.token)
  const ids = await followInEveryWay(socket, deal)
  const followers = await followersAfter(ids.length)
  expect(followers.size).toBe(1)

  for (const id of ids.slice(1)) socket.send({ type: 'complete', id })
  await socket.untilPong()
  expect(followers.size).toBe(1)
  socket.send({ type: 'complete', id: ids[0] ?? '' })
  await noneIsLeft(followers)
  await socket.close()
})

test.each(['close', 'terminate'] as const)('a socket that ends (%s) leaves no follower behind', async (end) => {
  const deal = await testService.seed.deal(`ends-by-${end}`, { buyer: bea, seller: sam })
  const socket = await RawSocket.connect(testService.webSocketUrl, sam.token)
  const ids = await followInEveryWay(socket, deal)
  const followers = await followersAfter(ids.length)
  expect(followers.size).toBe(1)

  await socket[end]()
  await noneIsLeft(followers)
})

test('a subscription that ends because of a removal leaves no follower behind', async () => {
  const deal = await testService.seed.deal('removal', { buyer: bea, seller: sam })
  const socket = await RawSocket.connect(testService.webSocketUrl, sam.token)
  socket.subscribe('sam', print(FOLLOW_MESSAGES), { transactionId: deal.id })
  const followers = await followersAfter(1)
  await deal.seat({ buyer: bea })

  expect(await socket.next()).toMatchObject({ type: 'error' })
  await noneIsLeft(followers)
  await socket.close()
})

/** Runs `work` while nobody can read a transaction, so that what begins meanwhile can't get on. */
async function whileTransactionsAreLocked(work: () => Promise<void>): Promise<void> {
  const client = new pg.Client({ connectionString: testService.database.url })
  await client.connect()
  try {
    await client.query('BEGIN; LOCK TABLE "Transaction" IN ACCESS EXCLUSIVE MODE')
    await work()
  } finally {
    await client.query('COMMIT')
    await client.end()
  }
}

test.each(['complete', 'close', 'terminate'] as const)(
  'a subscription that is ended (%s) while it still starts leaves no follower behind',
  async (end) => {
    const deal = await testService.seed.deal(`starting-${end}`, { buyer: bea, seller: sam })
    const socket = await RawSocket.connect(testService.webSocketUrl, sam.token)
    await whileTransactionsAreLocked(async () => {
      socket.subscribe('early', print(FOLLOW_MESSAGES), { transactionId: deal.id })
      if (end === 'complete') socket.send({ type: 'complete', id: 'early' })
      await socket.untilPong()
      if (end !== 'complete') await socket[end]()
      expect(TimelineFollowers.prototype.borrow).not.toHaveBeenCalled()
    })

    await noneIsLeft(await followersAfter(1))
    await bea.say(deal, 'to nobody')
    if (end === 'complete') {
      expect(await socket.untilPong()).toEqual([])
      await socket.close()
    }
  },
)

test('a subscription that is refused leaves no follower behind', async () => {
  const deal = await testService.seed.deal('refused', { buyer: bea, seller: sam })
  const socket = await RawSocket.connect(testService.webSocketUrl, sam.token)
  socket.subscribe('good', print(FOLLOW_MESSAGES), { transactionId: deal.id })
  const followers = await followersAfter(1)
  socket.subscribe('bad', print(FOLLOW_MESSAGES), { transactionId: deal.id, after: 'made up' })
  expect(await socket.next()).toMatchObject({ type: 'error', id: 'bad' })

  socket.send({ type: 'complete', id: 'good' })
  await noneIsLeft(followers)
  await socket.close()
})
