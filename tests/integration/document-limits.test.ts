import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { post, refusalOf } from '../testkit/http-client.js'
import { RawSocket } from '../testkit/raw-socket.js'
import { startTestService, type TestService } from '../testkit/service.js'
import { contentsOf } from '../testkit/sql.js'

const SMALL = {
  MAX_QUERY_TOKENS: '70',
  MAX_QUERY_DEPTH: '5',
  MAX_QUERY_ALIASES: '2',
  MAX_QUERY_DIRECTIVES: '3',
  MAX_QUERY_COST: '120',
}

let usual: TestService
let small: TestService

beforeAll(async () => {
  usual = await startTestService()
  small = await startTestService(SMALL)
  for (const { seed } of [usual, small]) await seed.deal('deal', { buyer: await seed.person('bea') })
})
afterAll(async () => {
  await usual.close()
  await small.close()
})

type Ask = (service: TestService, query: string, variables?: Record<string, unknown>) => Promise<unknown>

/** What is said in `extensions`; null when nothing is wrong. */
const overHttp: Ask = async ({ url, seed }, query, variables = {}) => {
  const token = await seed.token({ subject: 'bea' })
  const answer = await post(url, query, variables, {
    authorization: `Bearer ${token}`,
    accept: 'application/graphql-response+json',
  })
  if (answer.errors.length === 0) return null
  expect(answer.status).toBe(400)
  expect(answer.errors[0]?.message).not.toMatch(/\d/)
  return refusalOf(answer)
}

const overWebSocket: Ask = async ({ webSocketUrl, seed }, query, variables = {}) => {
  const socket = await RawSocket.connect(webSocketUrl, await seed.token({ subject: 'bea' }))
  try {
    socket.subscribe('1', query, variables)
    const [told] = await socket.untilPong()
    const { type, payload } = told ?? (await socket.next())
    if (type === 'next') return null
    return (payload as { extensions: unknown }[]).map(({ extensions }) => extensions)[0]
  } finally {
    await socket.close()
  }
}

const repeat = (times: number, text: string) => Array(times).fill(text).join(' ')
const nested = (levels: number) => {
  const pairs = Math.floor((levels - 2) / 2)
  const inner = levels % 2 === 0 ? 'id' : 'participants { id }'
  return `{ transaction(id: "txn_deal") { ${'viewerParticipant { transaction { '.repeat(pairs)} ${inner} ${'} }'.repeat(pairs)} } }`
}
const messagesOf = async ({ database }: TestService) => (await contentsOf(database.url))['Message']
const FILLING =
  'readBy { id role joinedAt leftAt lastReadAt lastReadSequence user { id displayName avatarUrl isOnline lastSeenAt } }'
const tooComplex = (limit: number) => ({ code: 'OPERATION_TOO_COMPLEX', limit })
const tooCostly = (limit: number, cost: unknown) => ({ ...tooComplex(limit), cost })

describe.each([
  ['over HTTP', overHttp],
  ['over a WebSocket', overWebSocket],
])('%s', (_door, ask) => {
  test('a document has at most 1,000 tokens, or as many as is set', async () => {
    const filled = (tokens: number) =>
      `{ transactions(filter: { statuses: [${repeat(tokens - 19, 'FUNDED')}] }) { nodes { id } } }`
    expect(await ask(usual, filled(1_000))).toBeNull()
    expect(await ask(usual, filled(1_001))).toEqual(tooComplex(1_000))
    expect(await ask(small, filled(70))).toBeNull()
    expect(await ask(small, filled(71))).toEqual(tooComplex(70))
  })

  test('a document has at most as many comments as it may have tokens', async () => {
    expect(await ask(small, `${'#\n'.repeat(70)}{ viewer { id } }`)).toBeNull()
    expect(await ask(small, `${'#\n'.repeat(71)}{ viewer { id } }`)).toEqual(tooComplex(70))
  })

  test('the variables of an operation have at most as many values as a document may have tokens', async () => {
    const query = 'query ($ids: [ID!]!) { nodes(ids: $ids) { id } }'
    expect(await ask(small, query, { ids: Array(69).fill('x') })).toBeNull()
    expect(await ask(small, query, { ids: Array(70).fill('x') })).toEqual(tooComplex(70))
    expect(await ask(usual, query, { ids: Array(1_000).fill('x') })).toEqual(tooComplex(1_000))
    expect(await ask(small, query, { ids: ['x'], other: { a: [Array(70).fill({})] } })).toEqual(tooComplex(70))
  })

  test('fields are nested at most 10 levels deep, or as deep as is set', async () => {
    expect(await ask(usual, nested(10))).toBeNull()
    expect(await ask(usual, nested(11))).toEqual(tooComplex(10))
    expect(await ask(small, nested(5))).toBeNull()
    expect(await ask(small, nested(6))).toEqual(tooComplex(5))
  })

  test('a document uses at most 15 aliases, or as many as is set', async () => {
    const aliased = (times: number) => `{ ${Array.from({ length: times }, (_, i) => `a${i}: __typename`).join(' ')} }`
    expect(await ask(usual, aliased(15))).toBeNull()
    expect(await ask(usual, aliased(16))).toEqual(tooComplex(15))
    expect(await ask(small, aliased(2))).toBeNull()
    expect(await ask(small, aliased(3))).toEqual(tooComplex(2))
  })

  test('a document uses at most 20 directives, or as many as is set', async () => {
    const spread = (times: number) => `{ ${repeat(times, '... @include(if: true) { __typename }')} }`
    expect(await ask(usual, spread(20))).toBeNull()
    expect(await ask(usual, spread(21))).toEqual(tooComplex(20))
    expect(await ask(small, spread(3))).toBeNull()
    expect(await ask(small, spread(4))).toEqual(tooComplex(3))
  })

  test('an operation costs at most 5,000, or as much as is set', async () => {
    const page =
      'query ($first: Int, $deals: Int) { transactions(first: $deals) { nodes { messages(first: $first) { nodes { id } } } } }'
    const cost = (deals: number, first: number) => 1 + deals * (2 + first * 2)
    expect([cost(24, 100), cost(25, 100), cost(2, 28), cost(2, 29)]).toEqual([4_849, 5_051, 117, 121])
    expect(await ask(usual, page, { deals: 24, first: 100 })).toBeNull()
    expect(await ask(usual, page, { deals: 25, first: 100 })).toEqual(tooCostly(5_000, 5_051))
    expect(await ask(small, page, { deals: 2, first: 28 })).toBeNull()
    expect(await ask(small, page, { deals: 2, first: 29 })).toEqual(tooCostly(120, 121))
  })

  test('the aliases of a page add up', async () => {
    const page = 'transactions(first: 20) { nodes { id title } }'
    expect(await ask(small, `{ ${page} }`)).toBeNull()
    expect(await ask(small, `{ a: ${page} b: ${page} }`)).toEqual(tooCostly(120, 2 * 61))
  })

  test('a mutation of two fields changes nothing', async () => {
    const before = await messagesOf(usual)
    const send = (content: string) =>
      `sendMessage(input: { transactionId: "txn_deal", content: "${content}" }) { message { id } }`
    expect(await ask(usual, `mutation { a: ${send('a')} b: ${send('b')} }`)).toEqual(tooComplex(1))
    expect(await messagesOf(usual)).toEqual(before)
  })

  test('what costs too much is not begun: a mutation changes nothing', async () => {
    const before = await messagesOf(small)
    const query = `mutation {
      sendMessage(input: { transactionId: "txn_deal", content: "x" }) {
        message { readBy { id role joinedAt leftAt lastReadAt lastReadSequence user { id isOnline } } ${FILLING} ${FILLING} }
      }
    }`
    expect(await ask(small, query)).toEqual(tooCostly(120, expect.any(Number)))
    expect(await messagesOf(small)).toEqual(before)
  })
})

describe('a subscription', () => {
  const follow = (selection: string) => `subscription { messageAdded(transactionId: "txn_deal") { ${selection} } }`

  test.each([
    ['deep', follow('node { transaction { lastMessage { sender { id } } } }'), tooComplex(5)],
    ['aliased', follow('a: cursor b: cursor c: cursor'), tooComplex(2)],
    ['costly', follow(`node { ${FILLING} ${FILLING} }`), tooCostly(120, expect.any(Number))],
  ])('that is too %s is refused like a query', async (_, query, refusal) => {
    expect(await overWebSocket(small, query)).toEqual(refusal)
  })
})
