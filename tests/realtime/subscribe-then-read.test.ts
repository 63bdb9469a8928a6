import { print } from 'graphql'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { TimelineService } from '../../src/chat/timeline/timeline-service.js'
import { RawSocket } from '../testkit/raw-socket.js'
import type { Deal, Person } from '../testkit/seed.js'
import { startTestService, type TestService } from '../testkit/service.js'
import { FOLLOW_MESSAGES } from '../testkit/timeline-documents.js'

let testService: TestService
let bea: Person
let deal: Deal

beforeAll(async () => {
  testService = await startTestService()
  bea = await testService.seed.person('bea')
  deal = await testService.seed.deal('deal', { buyer: bea })
})
afterEach(() => vi.restoreAllMocks())
afterAll(() => testService.close())

/** Beginnings of subscriptions wait from now on, until they may go on. */
function holdBeginnings(): { goOn: () => void } {
  let goOn = () => {}
  const mayGoOn = new Promise<void>((resolve) => {
    goOn = resolve
  })
  const { follow } = TimelineService.prototype
  vi.spyOn(TimelineService.prototype, 'follow').mockImplementation(async function (
    this: TimelineService,
    ...parameters
  ) {
    await mayGoOn
    return follow.apply(this, parameters)
  })
  return { goOn }
}

test('what is asked after a subscribe is answered when the subscription has begun: what happens then is heard', async () => {
  const socket = await RawSocket.connect(testService.webSocketUrl, bea.token)
  const { goOn } = holdBeginnings()
  socket.subscribe('follow', print(FOLLOW_MESSAGES), { transactionId: deal.id })
  socket.subscribe('read', '{ viewer { id } }')
  expect(await socket.untilPong()).toEqual([])
  goOn()
  expect(await socket.next()).toMatchObject({ id: 'read', type: 'next' })
  expect(await socket.next()).toEqual({ id: 'read', type: 'complete' })
  await bea.say(deal, 'heard')
  expect(await socket.next()).toMatchObject({ id: 'follow', type: 'next' })
  await socket.close()
})

test('a subscription that is refused holds up nothing, and what was asked before it neither', async () => {
  const socket = await RawSocket.connect(testService.webSocketUrl, bea.token)
  const { goOn } = holdBeginnings()
  socket.subscribe('before', '{ viewer { id } }')
  socket.subscribe('refused', print(FOLLOW_MESSAGES), { transactionId: 'txn_unknown' })
  socket.subscribe('after', '{ viewer { id } }')
  expect(await socket.next()).toMatchObject({ id: 'before', type: 'next' })
  expect(await socket.next()).toEqual({ id: 'before', type: 'complete' })
  goOn()
  const types = [await socket.next(), await socket.next(), await socket.next()].map(({ id, type }) => `${id} ${type}`)
  expect(types.toSorted()).toEqual(['after complete', 'after next', 'refused error'])
  await socket.close()
})
