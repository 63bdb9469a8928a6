import pg from 'pg'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { refusalOf } from '../testkit/http-client.js'
import { fillDeal } from '../testkit/long-deal.js'
import { type Caller, type Deal, type Person, PLATFORM } from '../testkit/seed.js'
import { startTestService, type TestService } from '../testkit/service.js'
import { FOLLOW_MESSAGES, timelineCursor } from '../testkit/timeline-documents.js'
import { connect, listen } from '../testkit/websocket-client.js'

const MAX_BYTES = 100_000
const MAX_ITEMS = 2_000
/** Each three bytes. */
const CONTENT = '€'.repeat(1_000)
const REFUSED = { code: 'OPERATION_TOO_COMPLEX', limit: MAX_BYTES }

let testService: TestService
let bea: Person
let deal: Deal

beforeAll(async () => {
  testService = await startTestService({ MAX_ANSWER_BYTES: String(MAX_BYTES), MAX_ANSWER_ITEMS: String(MAX_ITEMS) })
  bea = await testService.seed.person('bea')
  deal = await testService.seed.deal('deal', { buyer: bea })
  await fillDeal(testService.database.url, deal, [bea], { count: 100, content: CONTENT })
})
afterEach(() => vi.restoreAllMocks())
afterAll(() => testService.close())

test('an answer of as much as may be is given', async () => {
  const { data, errors } = await bea.ask('{ messages(transactionId: "txn_deal", first: 33) { nodes { content } } }', {})
  expect(errors).toEqual([])
  expect(data).toEqual({ messages: { nodes: Array.from({ length: 33 }, () => ({ content: CONTENT })) } })
})

test.each([
  ['a page', '{ messages(transactionId: "txn_deal", first: 34) { nodes { content } } }'],
  [
    'a page of the timeline',
    '{ transaction(id: "txn_deal") { timeline(last: 34) { nodes { ... on MessageSent { content } } } } }',
  ],
  ['the pages of a list', '{ transactions(first: 10) { nodes { messages(last: 34) { nodes { content } } } } }'],
  [
    'one page twice',
    '{ transaction(id: "txn_deal") { a: messages(last: 20) { nodes { content } } b: messages(last: 20) { nodes { content } } } }',
  ],
])('an answer of more is refused as a whole: %s', async (_, document) => {
  const answer = await bea.ask(document, {})
  expect([answer.status, answer.data]).toEqual([200, null])
  expect(refusalOf(answer)).toEqual(REFUSED)
})

test('a mutation whose answer would hold too much is carried out, and says so', async () => {
  const selection = 'message { transaction { messages(last: 50) { nodes { content } } } }'
  const input = `{ transactionId: "txn_deal", content: "done" }`
  const answer = await bea.ask(`mutation { sendMessage(input: ${input}) { ${selection} } }`, {})
  expect([answer.status, answer.data]).toEqual([200, null])
  expect(refusalOf(answer)).toEqual(REFUSED)
  expect(answer.errors[0]?.message).toMatch(/^It was done, but the answer would hold too much/)
  const { data } = await bea.ask('{ messages(transactionId: "txn_deal", last: 1) { nodes { content } } }', {})
  expect(data).toEqual({ messages: { nodes: [{ content: 'done' }] } })
})

describe('of a deal of fifty people', () => {
  let platform: Caller

  beforeAll(async () => {
    const { user } = testService.service.services
    const crowd: Person[] = []
    for (let nth = 0; nth < 50; nth += 1) {
      const person = await testService.seed.person(`agent-${nth}`)
      const avatarUrl = `https://a.b/${'x'.repeat(1_980)}`
      await user.upsert(PLATFORM, { key: person.key, displayName: '€'.repeat(200), avatarUrl })
      crowd.push(person)
    }
    await testService.seed.deal('crowd', { agent: crowd })
    platform = await testService.seed.caller({ scopes: ['platform'], clientId: 'backend' })
  })

  const people = (selection: string) => `{ transaction(id: "txn_crowd") { participants { ${selection} } } }`

  test.each(['displayName', 'avatarUrl'])('%s counts as well', async (name) => {
    expect((await platform.ask(people(`user { ${name} }`), {})).errors).toEqual([])
    const aliased = people(`user { a: ${name} b: ${name} c: ${name} d: ${name} }`)
    expect(refusalOf(await platform.ask(aliased, {}))).toEqual(REFUSED)
  })

  test('so do the people in lists within lists, before more of them are read', async () => {
    expect((await platform.ask(people('id'), {})).errors).toEqual([])
    for (const levels of [1, 2, 3]) {
      const nested = `${'transaction { participants { '.repeat(levels)} id ${'} }'.repeat(levels)}`
      const statements = vi.spyOn(pg.Client.prototype, 'query')
      expect(refusalOf(await platform.ask(people(nested), {}))).toEqual({
        code: 'OPERATION_TOO_COMPLEX',
        limit: MAX_ITEMS,
      })
      expect(statements.mock.calls.length).toBeLessThan(15)
      statements.mockRestore()
    }
  })
})

test('what is said with a change of status counts like a message', async () => {
  const told = await testService.seed.deal('told', { buyer: bea })
  for (const status of ['FUNDED', 'SHIPPED', 'DELIVERED', 'COMPLETED'] as const) {
    await told.changeStatus(status, '€'.repeat(10_000))
  }
  const ask = (last: number) =>
    bea.ask(
      `{ transaction(id: "txn_told") { timeline(last: ${last}) { nodes { ... on StatusChanged { message } } } } }`,
      {},
    )
  // A change of status is two entries.
  expect((await ask(6)).errors).toEqual([])
  expect(refusalOf(await ask(8))).toEqual(REFUSED)
})

test('what is too much already is not read on', async () => {
  const aliases = Array.from({ length: 15 }, (_, nth) => `a${nth}: messages(last: 100) { nodes { content } }`)
  const statements = vi.spyOn(pg.Client.prototype, 'query')
  expect(refusalOf(await bea.ask(`{ transaction(id: "txn_deal") { ${aliases.join(' ')} } }`, {}))).toEqual(REFUSED)
  const texts = statements.mock.calls.map(([statement]) => (statement as unknown as { text?: string }).text ?? '')
  const pages = texts.filter((text) => text.includes('"Message"'))
  expect(pages.length).toBeGreaterThan(0)
  expect(pages.length).toBeLessThan(8)
})

test('an event of more ends its subscription with the refusal, and the socket lives', async () => {
  const client = connect(testService.webSocketUrl, bea.token)
  const after = await timelineCursor(bea, deal)
  const document = `subscription AnswerSize($transactionId: ID!, $after: String) {
    messageAdded(transactionId: $transactionId, after: $after) { node { transaction { messages(last: 50) { nodes { content } } } } }
  }`
  const large = listen(client, document, { transactionId: deal.id, after })
  const plain = listen(client, FOLLOW_MESSAGES, { transactionId: deal.id, after })
  await bea.say(deal, 'Here')
  expect(await large.ended).toMatchObject([{ extensions: REFUSED }])
  expect((await plain.next()).messageAdded.node.content).toBe('Here')
  await client.dispose()
})
