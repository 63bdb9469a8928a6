import { print } from 'graphql'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { encodeCursor } from '../../src/chat/timeline/timeline-cursor.js'
import { RawSocket } from '../testkit/raw-socket.js'
import type { Person } from '../testkit/seed.js'
import { startTestService, type TestService } from '../testkit/service.js'
import { FOLLOW_MESSAGES, SUBSCRIPTION_NAMES, SUBSCRIPTIONS, timelineCursor } from '../testkit/timeline-documents.js'

let testService: TestService
let bea: Person
let sam: Person

beforeAll(async () => {
  testService = await startTestService()
  bea = await testService.seed.person('bea')
  sam = await testService.seed.person('sam')
})
afterAll(() => testService.close())

test.each(SUBSCRIPTION_NAMES)(
  '%s refuses cursors that are made up, ahead, or of another transaction, with an error for it alone',
  async (name) => {
    const deal = await testService.seed.deal(`bad-${name}`, { buyer: bea, seller: sam })
    const other = await testService.seed.deal(`other-${name}`, { buyer: bea, seller: sam })
    const socket = await RawSocket.connect(testService.webSocketUrl, sam.token)
    const bad = {
      empty: '',
      words: 'made up',
      padded: `${await timelineCursor(sam, deal)}=`,
      ahead: encodeCursor(deal.key, 4),
      foreign: await timelineCursor(sam, other),
    }
    for (const [id, after] of Object.entries(bad)) {
      socket.subscribe(id, print(SUBSCRIPTIONS[name]), { transactionId: deal.id, after })
      const refused = expect.objectContaining({ extensions: { code: 'BAD_USER_INPUT', field: 'after' } })
      expect(await socket.next()).toEqual({ type: 'error', id, payload: [refused] })
    }
    expect(await socket.untilPong()).toEqual([])
    await socket.close()
  },
)

test.each([
  ['skipped', 'subscription { messageAdded(transactionId: "txn_a") @skip(if: true) { cursor } }'],
  [
    'included',
    'subscription ($is: Boolean = false) { messageAdded(transactionId: "txn_a") @include(if: $is) { cursor } }',
  ],
  [
    'in a fragment that is skipped',
    'subscription { ... @skip(if: true) { messageAdded(transactionId: "txn_a") { cursor } } }',
  ],
  [
    'skipped in a fragment',
    'subscription { ...F } fragment F on Subscription { messageAdded(transactionId: "txn_a") @skip(if: true) { cursor } }',
  ],
  [
    'in a fragment whose spread is skipped',
    'subscription { ...F @skip(if: true) } fragment F on Subscription { inboxChanged { transactionId } }',
  ],
])('a subscription whose field is %s is the fault of whoever wrote it', async (_, document) => {
  const socket = await RawSocket.connect(testService.webSocketUrl, sam.token)
  socket.subscribe('none', document)
  const told = { message: 'A subscription always has its field: leave `@skip` and `@include` out.' }
  expect(await socket.next()).toMatchObject({
    type: 'error',
    payload: [{ ...told, extensions: { code: 'BAD_USER_INPUT' } }],
  })
  expect(await socket.untilPong()).toEqual([])
  await socket.close()
})

test.each(SUBSCRIPTION_NAMES)(
  '%s answers for a hidden transaction exactly as for one that is not there',
  async (name) => {
    const hidden = await testService.seed.deal(`hidden-${name}`, { buyer: bea })
    const socket = await RawSocket.connect(testService.webSocketUrl, sam.token)
    const ask = async (transactionId: string, after: string | null) => {
      socket.subscribe('same', print(SUBSCRIPTIONS[name]), { transactionId, after })
      return socket.next()
    }
    const unknown = await ask('txn_nowhere', null)
    expect(unknown).toMatchObject({ type: 'error', payload: [{ extensions: { code: 'NOT_FOUND' } }] })
    expect(await ask(hidden.id, null)).toEqual(unknown)
    expect(await ask(hidden.id, await timelineCursor(bea, hidden))).toEqual(unknown)
    expect(await ask(hidden.id, 'made up')).toEqual(unknown)
    await socket.close()
  },
)

test('an id that is none, or of another type, is bad input', async () => {
  const socket = await RawSocket.connect(testService.webSocketUrl, sam.token)
  for (const transactionId of ['', 'nothing', 'msg_0', sam.id]) {
    socket.subscribe('bad', print(FOLLOW_MESSAGES), { transactionId })
    const refused = expect.objectContaining({ extensions: { code: 'BAD_USER_INPUT', field: 'transactionId' } })
    expect(await socket.next()).toEqual({ type: 'error', id: 'bad', payload: [refused] })
  }
  await socket.close()
})
