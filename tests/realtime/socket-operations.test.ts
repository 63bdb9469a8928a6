import { print } from 'graphql'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { RawSocket } from '../testkit/raw-socket.js'
import type { Deal, Person } from '../testkit/seed.js'
import { startTestService, type TestService } from '../testkit/service.js'
import { FOLLOW_MESSAGES, timelineCursor } from '../testkit/timeline-documents.js'
import { EDIT, SEND } from '../testkit/writing.js'

let testService: TestService
let bea: Person
let sam: Person
let deal: Deal
let socket: RawSocket

beforeAll(async () => {
  testService = await startTestService()
  bea = await testService.seed.person('bea', 'Bea')
  sam = await testService.seed.person('sam', 'Sam')
  deal = await testService.seed.deal('socket', { buyer: bea, seller: sam })
  socket = await RawSocket.connect(testService.webSocketUrl, sam.token)
})
afterAll(async () => {
  await socket.close()
  await testService.close()
})

/** Asks on the one socket of these tests, which outlives each of them. */
async function answer(document: string, variables: Record<string, unknown> = {}, operationName?: string) {
  socket.subscribe('operation', document, variables, operationName)
  return [await socket.next(), ...(await socket.untilPong())]
}

function refusedWith(extensions: object) {
  return [{ type: 'error', id: 'operation', payload: [expect.objectContaining({ extensions })] }]
}

test.each([
  ['a syntax error', '{ viewer {', undefined],
  ['an unknown field', '{ viewer { shoeSize } }', undefined],
  ['two operations without a name', '{ viewer { id } } query SocketOperationsTwo { viewer { id } }', undefined],
  ['no operation at all', 'fragment socketOperations on User { id }', undefined],
  [
    'a subscription with two fields',
    'subscription SocketOperationsBoth { a: messageAdded(transactionId: "txn_a") { cursor } b: messageAdded(transactionId: "txn_a") { cursor } }',
    undefined,
  ],
])('%s is an error of that operation, and the socket lives', async (_what, document, operationName) => {
  expect(await answer(document, {}, operationName)).toEqual(refusedWith({ code: 'BAD_USER_INPUT' }))
})

test('an unknown operation name is an error of that operation, and the socket lives', async () => {
  const answers = await answer('query SocketOperationsOne { viewer { id } }', {}, 'Other')
  expect(answers).toEqual(refusedWith({ code: 'BAD_USER_INPUT', field: 'operationName' }))
})

test.each(['query SocketOperationsQuery($id: ID!) { node(id: $id) { id } }', print(FOLLOW_MESSAGES)])(
  'variables that do not fit are bad input: %s',
  async (document) => {
    const answers = await answer(document, {})
    expect(JSON.stringify(answers)).toContain('"code":"BAD_USER_INPUT"')
    expect(JSON.stringify(answers)).not.toContain('"data":{')
  },
)

test('a query is answered and complete', async () => {
  expect(await answer('{ viewer { id user { displayName } } }')).toEqual([
    { type: 'next', id: 'operation', payload: { data: { viewer: { id: 'usr_sam', user: { displayName: 'Sam' } } } } },
    { type: 'complete', id: 'operation' },
  ])
})

test('introspection works over a socket where it is on', async () => {
  expect(await answer('{ __typename __schema { queryType { name } } }')).toMatchObject([
    { payload: { data: { __typename: 'Query', __schema: { queryType: { name: 'Query' } } } } },
    { type: 'complete' },
  ])
})

test('a mutation over a socket does what it does over HTTP', async () => {
  const sent = await answer(print(SEND), { input: { transactionId: deal.id, content: 'over the socket' } })
  expect(sent).toMatchObject([
    {
      type: 'next',
      payload: { data: { sendMessage: { message: { content: 'over the socket', sender: { id: sam.id } } } } },
    },
    { type: 'complete' },
  ])
})

test('a refusal over a socket says code and field', async () => {
  const theirs = await bea.say(deal, 'mine')
  const refused = async (document: string, input: object) => {
    const [{ payload } = { payload: null }] = await answer(document, { input })
    return (payload as { errors?: { extensions: object }[] }).errors?.map(({ extensions }) => extensions)
  }
  expect(await refused(print(SEND), { transactionId: deal.id, content: ' ' })).toMatchObject([
    { code: 'BAD_USER_INPUT', field: 'content' },
  ])
  expect(await refused(print(SEND), { transactionId: 'txn_nowhere', content: 'Hello' })).toEqual([
    { code: 'NOT_FOUND', field: 'transactionId' },
  ])
  expect(await refused(print(EDIT), { messageId: `msg_${theirs.id}`, content: 'yours' })).toMatchObject([
    { code: 'FORBIDDEN' },
  ])
})

test('two subscriptions of one socket deliver side by side, and each can be ended by itself', async () => {
  const other = await testService.seed.deal('other', { buyer: bea, seller: sam })
  socket.subscribe('one', print(FOLLOW_MESSAGES), { transactionId: deal.id, after: await timelineCursor(sam, deal) })
  socket.subscribe('two', print(FOLLOW_MESSAGES), { transactionId: other.id, after: await timelineCursor(sam, other) })
  await bea.say(deal, 'for one')
  expect(await socket.next()).toMatchObject({ id: 'one' })
  await bea.say(other, 'for two')
  expect(await socket.next()).toMatchObject({ id: 'two' })

  socket.send({ type: 'complete', id: 'one' })
  await bea.say(deal, 'for nobody')
  await bea.say(other, 'for two again')
  expect(await socket.next()).toMatchObject({ id: 'two' })
  socket.send({ type: 'complete', id: 'two' })
  expect(await socket.untilPong()).toEqual([])
})
