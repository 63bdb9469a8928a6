import { print } from 'graphql'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { InboxWatch } from '../../src/chat/inbox/inbox-watch.js'
import { RawSocket } from '../testkit/raw-socket.js'
import type { Deal, Person } from '../testkit/seed.js'
import { startTestService, type TestService } from '../testkit/service.js'
import { FOLLOW_INBOX, untilListening } from './inbox-documents.js'

// What listening leaves behind: nothing. That the bus is let go of, tests/unit/inbox-watch.test.ts has.

let testService: TestService
let bea: Person
let sam: Person
let deal: Deal
let watch: InboxWatch

beforeAll(async () => {
  testService = await startTestService()
  bea = await testService.seed.person('bea')
  sam = await testService.seed.person('sam')
  deal = await testService.seed.deal('deal', { buyer: bea, seller: sam })
  const subscribing = vi.spyOn(InboxWatch.prototype, 'subscribe')
  await (await testService.service.services.inbox.follow(sam.viewer)).return()
  const [context] = subscribing.mock.contexts
  if (!(context instanceof InboxWatch)) throw new Error('Nobody watches')
  watch = context
  subscribing.mockRestore()
})
afterEach(async () => {
  await vi.waitFor(() => expect(watch.size).toBe(0))
})
afterAll(() => testService.close())

/** A socket of this person that listens so many times. */
async function listening(person: Person, times: number): Promise<RawSocket> {
  const socket = await RawSocket.connect(testService.webSocketUrl, person.token)
  await untilListening(times, () => {
    for (let nth = 0; nth < times; nth += 1) socket.subscribe(`${nth}`, print(FOLLOW_INBOX))
  })
  return socket
}

test('a user is listened to until the last subscription ends, and nothing is told after that', async () => {
  const [one, other] = [await listening(sam, 3), await listening(sam, 1)]
  expect(watch.size).toBe(1)
  await one.close()
  expect(watch.size).toBe(1)
  await bea.say(deal, 'Hello')
  expect(await other.next()).toMatchObject({ type: 'next' })
  other.send({ type: 'complete', id: '0' })
  await vi.waitFor(() => expect(watch.size).toBe(0))
  await bea.say(deal, 'to nobody')
  expect(await other.untilPong()).toEqual([])
  await other.close()
})

test.each(['close', 'terminate'] as const)('a socket that ends (%s) leaves nothing behind', async (end) => {
  const sockets = [await listening(sam, 2), await listening(bea, 1)]
  expect(watch.size).toBe(2)
  await bea.say(deal, 'Hello')
  for (const socket of sockets) await socket[end]()
})

test('listeners that come and go while things happen leave nothing behind', async () => {
  for (let round = 0; round < 10; round += 1) {
    const sockets = await Promise.all(
      [bea, sam].map((person) => RawSocket.connect(testService.webSocketUrl, person.token)),
    )
    await untilListening(10, () => {
      for (const socket of sockets) for (let nth = 0; nth < 5; nth += 1) socket.subscribe(`${nth}`, print(FOLLOW_INBOX))
    })
    await Promise.all([bea.say(deal, 'Hello'), deal.seat(round % 2 ? { buyer: bea, seller: sam } : { buyer: bea })])
    for (const socket of sockets) socket.terminate()
  }
})

test.each(['complete', 'terminate'] as const)(
  'a subscription that is ended (%s) while it still starts leaves nothing behind',
  async (end) => {
    const socket = await RawSocket.connect(testService.webSocketUrl, sam.token)
    const subscribing = vi.spyOn(InboxWatch.prototype, 'subscribe')
    const locker = new pg.Client({ connectionString: testService.database.url })
    await locker.connect()
    await locker.query('BEGIN; LOCK TABLE "Participant" IN ACCESS EXCLUSIVE MODE')
    socket.subscribe('early', print(FOLLOW_INBOX))
    await vi.waitFor(() => expect(subscribing).toHaveBeenCalled())
    if (end === 'complete') {
      socket.send({ type: 'complete', id: 'early' })
      await socket.untilPong()
    } else socket.terminate()
    await locker.query('COMMIT')
    await locker.end()
    await vi.waitFor(() => expect(subscribing).toHaveResolved())
    subscribing.mockRestore()
    if (end === 'complete') await socket.close()
  },
)

test('one that can not begin because the database is away is told so, and leaves nothing behind', async () => {
  const socket = await RawSocket.connect(testService.webSocketUrl, sam.token)
  await testService.database.goAway()
  socket.subscribe('away', print(FOLLOW_INBOX))
  expect(await socket.next()).toMatchObject({
    type: 'error',
    payload: [{ extensions: { code: 'SERVICE_UNAVAILABLE' } }],
  })
  await testService.database.comeBack()
  await socket.close()
})
