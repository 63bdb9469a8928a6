import { print } from 'graphql'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { post, refusalOf } from '../testkit/http-client.js'
import { metricOf } from '../testkit/metric.js'
import { testOverRedis } from '../testkit/over-redis.js'
import { RawSocket } from '../testkit/raw-socket.js'
import type { Caller, Deal, Person } from '../testkit/seed.js'
import { startTestService, type TestNode, type TestService } from '../testkit/service.js'
import { query } from '../testkit/sql.js'
import { SEND } from '../testkit/writing.js'

const SEND_BURST = 30
const OPERATIONS = 5
const PARTNER_OPERATIONS = 7
const ANONYMOUS_OPERATIONS = 3
const A_MINUTE_MS = 60_000

let testService: TestService
let otherNode: TestNode
let bea: Person
let deal: Deal

beforeAll(async () => {
  testService = await startTestService({
    SENDS_PER_SECOND: '1',
    SEND_BURST: String(SEND_BURST),
    OPERATIONS_PER_MINUTE: String(OPERATIONS),
    PARTNER_OPERATIONS_PER_MINUTE: String(PARTNER_OPERATIONS),
    ANONYMOUS_OPERATIONS_PER_MINUTE: String(ANONYMOUS_OPERATIONS),
  })
  otherNode = await testService.startAnotherNode()
})
beforeEach(async ({ task }) => {
  bea = await testService.seed.person(`bea-${task.id}`)
  deal = await testService.seed.deal(`deal-${task.id}`, { buyer: bea }, { partnerClientId: `partner-${task.id}` })
})
afterAll(async () => {
  await otherNode.close()
  await testService.close()
})

const send = (caller: Caller = bea) => caller.ask(SEND, { input: { transactionId: deal.id, content: 'Hello' } })
const sends = (count: number) => Promise.all(Array.from({ length: count }, () => send()))
const ask = (caller: Caller = bea, document = '{ viewer { id } }') => caller.ask(document, {})

async function storedMessages(): Promise<number> {
  const [row] = await query<{ count: string }>(
    testService.database.url,
    `SELECT count(*) FROM "Message" WHERE "transactionKey" = $1`,
    [deal.key],
  )
  return Number(row?.count)
}

/** What a refusal looks like to a program. */
const refusal = (limit: number) => ({ code: 'RATE_LIMITED', limit, retryAfterMs: expect.any(Number) })

async function useUpOperations(): Promise<void> {
  for (let nth = 0; nth < OPERATIONS; nth += 1) expect((await ask()).errors).toEqual([])
}

describe('a user', () => {
  test('sends so many messages at once and no more, and what is refused is stored nowhere', async () => {
    const answers = await sends(SEND_BURST + 5)
    expect(answers.filter(({ errors }) => errors.length === 0)).toHaveLength(SEND_BURST)
    const refused = await send()
    expect(refused.status).toBe(429)
    expect(refused.data).toBeUndefined()
    expect(refusalOf(refused)).toEqual(refusal(SEND_BURST))
    expect(refused.errors[0]?.message).toMatch(/^Too many messages: try again in \d+ s\.$/)
    expect(await storedMessages()).toBe(SEND_BURST)
  })

  test('sends nonsense as often as anything else, and no more', async () => {
    const nonsense = async () => {
      const headers = { 'content-type': 'application/json', authorization: `Bearer ${bea.token}` }
      return (await fetch(testService.url, { method: 'POST', headers, body: '{' })).status
    }
    const statuses: number[] = []
    for (let nth = 0; nth < OPERATIONS; nth += 1) statuses.push(await nonsense())
    expect(statuses).toEqual(Array(OPERATIONS).fill(400))
    expect(await nonsense()).toBe(429)
    expect(refusalOf(await ask())).toEqual(refusal(OPERATIONS))
  })

  test('is told by HTTP, in whole seconds, when to come back, also when a page asks', async () => {
    await sends(SEND_BURST)
    const input = { transactionId: deal.id, content: 'Hello' }
    const response = await fetch(testService.url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        authorization: `Bearer ${bea.token}`,
        origin: 'http://localhost:3000',
      },
      body: JSON.stringify({ query: print(SEND), variables: { input } }),
    })
    expect(response.status).toBe(429)
    expect(response.headers.get('access-control-expose-headers')).toContain('retry-after')
    const { errors } = (await response.json()) as { errors: { extensions: { retryAfterMs: number } }[] }
    const retryAfterMs = errors[0]?.extensions.retryAfterMs ?? 0
    // A burst of 30, at one a second: far less would be another window.
    expect(retryAfterMs).toBeGreaterThan((SEND_BURST - 10) * 1_000)
    expect(retryAfterMs).toBeLessThanOrEqual(SEND_BURST * 1_000)
    expect(response.headers.get('retry-after')).toBe(String(Math.ceil(retryAfterMs / 1_000)))
  })

  test.each([
    ['under an alias', (field: string) => `mutation { viewer: ${field} }`],
    ['in a fragment', (field: string) => `mutation { ...F } fragment F on Mutation { x: ${field} }`],
    ['in a fragment without a name', (field: string) => `mutation { ... on Mutation { ${field} } }`],
    ['beside a query', (field: string) => `query A { viewer { id } } mutation B { ${field} }`],
  ])('sends a message %s, and it counts as one', async (_, documentOf) => {
    await sends(SEND_BURST)
    const document = documentOf(`sendMessage(input: { transactionId: "${deal.id}", content: "x" }) { message { id } }`)
    const answer = await fetch(testService.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${bea.token}` },
      body: JSON.stringify({ query: document, ...(document.startsWith('query') && { operationName: 'B' }) }),
    })
    expect(await answer.json()).toMatchObject({ errors: [{ extensions: refusal(SEND_BURST) }] })
    expect(await storedMessages()).toBe(SEND_BURST)
  })

  test('asks so much in a minute besides sending, and a field of that name in a query is no message', async () => {
    await sends(SEND_BURST + 1)
    for (let nth = 0; nth < OPERATIONS; nth += 1) {
      expect((await ask(bea, '{ sendMessage: viewer { id } }')).errors).toEqual([])
    }
    const refused = await ask()
    expect(refused.status).toBe(429)
    expect(refusalOf(refused)).toEqual(refusal(OPERATIONS))
    expect(refused.errors[0]?.extensions?.['retryAfterMs']).toBeLessThanOrEqual(A_MINUTE_MS)
  })

  test.each(['{ viewer {', '{ shoeSize }', 'query A { viewer { id } } query B { viewer { id } }', ''])(
    'is counted also for a document that cannot be executed: %s',
    async (document) => {
      for (let nth = 0; nth < OPERATIONS; nth += 1) {
        expect(refusalOf(await ask(bea, document))).toMatchObject({ code: 'BAD_USER_INPUT' })
      }
      expect(refusalOf(await ask(bea, document))).toEqual(refusal(OPERATIONS))
      expect(refusalOf(await ask())).toEqual(refusal(OPERATIONS))
    },
  )

  test('takes nothing from another one', async () => {
    const sam = await testService.seed.person(`sam-${deal.key}`)
    await useUpOperations()
    expect(refusalOf(await ask())).toEqual(refusal(OPERATIONS))
    expect((await ask(sam)).errors).toEqual([])
  })

  test('is limited over a socket as over HTTP: the one operation is an error, and the socket lives', async () => {
    await sends(SEND_BURST - 1)
    const socket = await RawSocket.connect(testService.webSocketUrl, bea.token)
    const input = { transactionId: deal.id, content: 'over the socket' }
    socket.subscribe('last', print(SEND), { input })
    expect(await socket.next()).toMatchObject({ type: 'next', id: 'last', payload: { data: { sendMessage: {} } } })
    expect(await socket.next()).toEqual({ type: 'complete', id: 'last' })
    socket.subscribe('more', print(SEND), { input })
    expect(await socket.next()).toMatchObject({
      type: 'error',
      id: 'more',
      payload: [{ message: expect.stringMatching(/^Too many messages/), extensions: refusal(SEND_BURST) }],
    })
    for (let nth = 0; nth < OPERATIONS; nth += 1) {
      socket.subscribe(`fine ${nth}`, '{ viewer { id } }')
      expect(await socket.next()).toMatchObject({ type: 'next', id: `fine ${nth}` })
      expect(await socket.next()).toMatchObject({ type: 'complete' })
    }
    socket.subscribe('deal', `subscription { messageAdded(transactionId: "${deal.id}") { cursor } }`)
    expect(await socket.next()).toMatchObject({
      type: 'error',
      id: 'deal',
      payload: [{ extensions: refusal(OPERATIONS) }],
    })
    expect(await socket.untilPong()).toEqual([])
    expect(await storedMessages()).toBe(SEND_BURST)
    await socket.close()
  })

  testOverRedis('is limited on all nodes together', async () => {
    await useUpOperations()
    const refused = await post(otherNode.url, '{ viewer { id } }', {}, { authorization: `Bearer ${bea.token}` })
    expect(refusalOf(refused)).toEqual(refusal(OPERATIONS))
  })
})

describe('a partner', () => {
  test('asks so much in a minute, and what it may not do counts as well', async () => {
    const clientId = deal.key.replace('deal', 'partner')
    const partner = await testService.seed.caller({ clientId, scopes: ['history:read'] })
    expect(refusalOf(await send(partner))).toMatchObject({ code: 'FORBIDDEN' })
    for (let nth = 1; nth < PARTNER_OPERATIONS; nth += 1) expect((await ask(partner)).errors).toEqual([])
    expect(refusalOf(await ask(partner))).toEqual(refusal(PARTNER_OPERATIONS))
    const another = await testService.seed.caller({ clientId: `${clientId}-2`, scopes: ['history:read'] })
    expect((await ask(another)).errors).toEqual([])
  })
})

describe('the platform', () => {
  test('asks as often as it likes', async () => {
    const platform = await testService.seed.caller({ clientId: 'platform', scopes: ['platform'] })
    const answers = await Promise.all(Array.from({ length: 40 }, () => ask(platform)))
    expect(answers.flatMap(({ errors }) => errors)).toEqual([])
  })
})

test('/metrics counts what was refused, by the limit, and names nobody', async () => {
  const count = () => metricOf(testService.url, 'escrow_chat_rate_limited_total', 'limit="operations"')
  const before = await count()
  await useUpOperations()
  await ask()
  await ask()
  expect(await count()).toBe(before + 2)
  const text = await (await fetch(new URL('/metrics', testService.url))).text()
  expect(text).not.toContain(bea.key)
})

test('an address asks so much without a token, whatever it is, and with one as before', async () => {
  const askAsNobody = (document: string) => post(testService.url, document, {})
  const answers = [
    await askAsNobody('{ __schema { queryType { name } } }'),
    await askAsNobody('{ __typename }'),
    await askAsNobody('{ viewer { id } }'),
  ]
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 401])
  const refused = await askAsNobody('{ __typename }')
  expect([refused.status, refusalOf(refused)]).toEqual([429, refusal(ANONYMOUS_OPERATIONS)])
  expect((await ask()).errors).toEqual([])
})
