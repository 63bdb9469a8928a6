import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { Deal, Person } from '../testkit/seed.js'
import { startTestService, type TestService } from '../testkit/service.js'
import { query as select } from '../testkit/sql.js'

// No list field costs a query an item: the same query takes as many statements for many items as for few. Among the few
// there is one of each kind already, so that nothing is left out because nobody needs it.

const statements = vi.spyOn(pg.Client.prototype, 'query')

let testService: TestService
let bea: Person
const idsOf: Record<string, string[]> = {}
let middle: string

beforeAll(async () => {
  // Much of what is asked here would cost too much. Pages of 500 rows altogether are read in one go.
  testService = await startTestService({ MAX_QUERY_COST: '1000000' })
  const { seed, database } = testService
  bea = await seed.person('bea')
  const [sam, ana] = [await seed.person('sam'), await seed.person('ana')]
  for (let nth = 0; nth < 20; nth += 1) {
    const deal = await seed.deal(`deal-${nth}`, { buyer: bea, seller: sam, agent: ana })
    await live(deal, [bea, sam])
    await deal.seat({ buyer: bea, seller: [sam, ana] })
  }
  const busy = await seed.deal('busy', { buyer: bea, seller: sam, agent: ana })
  for (let nth = 0; nth < 8; nth += 1) {
    await live(busy, [bea, sam, ana])
    await busy.seat(nth % 2 === 0 ? { buyer: bea, seller: [sam, ana] } : { buyer: bea, seller: sam, agent: ana })
  }
  const crowd: Person[] = []
  for (let nth = 0; nth < 20; nth += 1) crowd.push(await seed.person(`agent-${nth}`))
  await seed.deal('crowd', { buyer: bea, agent: crowd })
  const ids = await select<{ kind: string; id: string }>(
    database.url,
    `SELECT 'Message' AS kind, 'msg_' || id AS id FROM "Message"
     UNION ALL SELECT 'Participant', 'par_' || id FROM "Participant"
     UNION ALL SELECT 'User', 'usr_' || key FROM "User"
     UNION ALL SELECT 'Transaction', 'txn_' || key FROM "Transaction" WHERE key LIKE 'deal-%'
     UNION ALL SELECT kind::text, 'evt_' || position || '.' || "transactionKey" FROM "TimelineEntry" ORDER BY 2`,
  )
  for (const { kind, id } of ids) idsOf[kind] = [...(idsOf[kind] ?? []), id]
  const { nodes } = (
    await bea.ask<{ messages: { nodes: { cursor: string }[] } }, object>(
      '{ messages(transactionId: "txn_busy", first: 4) { nodes: edges { cursor } } }',
      {},
    )
  ).data?.messages ?? { nodes: [] }
  middle = nodes.at(-1)?.cursor ?? ''
}, 90_000)
afterAll(() => testService.close())

/** Four messages that answer each other, one of them edited and one deleted, and a change of status with a message. */
async function live(deal: Deal, people: readonly Person[]): Promise<void> {
  const { message, receipt } = testService.service.services
  let previous: string | undefined
  for (const nth of [0, 1, 2, 3]) {
    const sender = people[nth % people.length] ?? bea
    const { id } = await sender.say(deal, `message ${nth}`, previous)
    if (nth === 1) await message.edit(sender.viewer, id, 'edited')
    if (nth === 2) await message.delete(sender.viewer, id)
    previous = id
    for (const person of people) await receipt.markRead(person.viewer, deal.key, id)
  }
  await deal.changeStatus('FUNDED', 'The payment has arrived.')
  await deal.changeStatus('SHIPPED')
}

async function countStatements(query: string): Promise<number> {
  statements.mockClear()
  const { data, errors } = await bea.ask(query, {})
  expect(errors).toEqual([])
  expect(data).toEqual(expect.anything())
  return statements.mock.calls.length
}

const MESSAGE =
  'id sender { id displayName } replyTo { id sender { displayName } replyTo { id } } transaction { title }'
const READ_BY = 'readBy { role user { displayName } transaction { title } }'
const ENTRY = `
  __typename id actor { displayName }
  ... on MessageSent { content message { ${MESSAGE} } }
  ... on MessageEdited { content message { ${MESSAGE} } }
  ... on MessageDeleted { message { ${MESSAGE} } }
  ... on StatusChanged { transaction { title } }
  ... on ParticipantJoined { user { displayName } }
  ... on ParticipantLeft { user { displayName } }`
const PAGE_INFO = 'pageInfo { hasNextPage hasPreviousPage startCursor endCursor }'

/** Fields of a transaction that lead to others. */
const OF_TRANSACTION = {
  participants: 'participants { role user { displayName } transaction { title } }',
  viewerParticipant: 'viewerParticipant { role user { displayName } transaction { title } }',
  viewerUnreadCount: 'viewerUnreadCount',
  'messages, as nodes': `messages(last: 6) { nodes { ${MESSAGE} } ${PAGE_INFO} }`,
  'messages with who has read them': `messages(last: 6) { nodes { ${READ_BY} } edges { node { ${READ_BY} } } }`,
  'messages, as edges': `messages(last: 6) { edges { cursor node { ${MESSAGE} } } }`,
  'messages, under three names': `a: messages(first: 1) { nodes { ${MESSAGE} } } b: messages(last: 2) { nodes { content sender { id } } } c: messages(last: 20, filter: { senderId: "usr_sam" }) { nodes { id } }`,
  lastMessage: `lastMessage { ${MESSAGE} }`,
  timeline: `timeline(last: 20) { nodes { ${ENTRY} } ${PAGE_INFO} }`,
  'timeline, under two names': `a: timeline(first: 5) { edges { node { ${ENTRY} } } } b: timeline(last: 12) { nodes { ${ENTRY} } }`,
} as const

const of = (kind: string, count: number) => JSON.stringify((idsOf[kind] ?? []).slice(0, count))

describe.each(Object.entries(OF_TRANSACTION))('%s', (_, field) => {
  test.each<[string, (count: number) => string]>([
    ['transactions', (count) => `{ transactions(first: ${count}) { nodes { ${field} } } }`],
    ['the edges of transactions', (count) => `{ transactions(first: ${count}) { edges { node { ${field} } } } }`],
    ['nodes', (count) => `{ nodes(ids: ${of('Transaction', count)}) { ... on Transaction { ${field} } } }`],
    [
      'the messages of a transaction',
      (count) => `{ messages(transactionId: "txn_busy", first: ${count}) { nodes { transaction { ${field} } } } }`,
    ],
  ])('costs %s no query an item', async (_list, query) => {
    expect(await countStatements(query(20))).toBe(await countStatements(query(2)))
  })
})

const OF_MESSAGE = {
  'all around it': MESSAGE,
  'who has read it': READ_BY,
  'who has read it, and what it answers': `${READ_BY} replyTo { ${READ_BY} }`,
  'what its transaction leads to': `transaction { ${OF_TRANSACTION.participants} ${OF_TRANSACTION.lastMessage} viewerUnreadCount }`,
  'how a page of its transaction goes on': `transaction { messages(first: 1, after: $middle, before: $middle) { ${PAGE_INFO} } }`,
  'how a page of its timeline goes on': `transaction { timeline(first: 1, after: $middle, before: $middle) { ${PAGE_INFO} } }`,
}

describe.each(Object.entries(OF_MESSAGE))('of a message %s', (_, field) => {
  test.each<[string, (count: number) => string]>([
    ['messages', (count) => `{ messages(transactionId: "txn_busy", first: ${count}) { nodes { ${field} } } }`],
    ['edges', (count) => `{ messages(transactionId: "txn_busy", first: ${count}) { edges { node { ${field} } } } }`],
    ['nodes', (count) => `{ nodes(ids: ${of('Message', count)}) { ... on Message { ${field} } } }`],
  ])('costs %s no query an item', async (list, query) => {
    const inBusyOnly = field.includes('$middle') && list === 'nodes'
    const given = (count: number) => query(count).replaceAll('$middle', inBusyOnly ? 'null' : `"${middle}"`)
    expect(await countStatements(given(20))).toBe(await countStatements(given(4)))
  })
})

test.each<[string, (count: number) => string]>([
  ['the timeline', (count) => `{ transaction(id: "txn_busy") { timeline(first: ${count}) { nodes { ${ENTRY} } } } }`],
  [
    'the edges of the timeline',
    (count) => `{ transaction(id: "txn_busy") { timeline(first: ${count}) { edges { node { ${ENTRY} } } } } }`,
  ],
  ...[
    'MESSAGE_SENT',
    'MESSAGE_EDITED',
    'MESSAGE_DELETED',
    'STATUS_CHANGED',
    'PARTICIPANT_JOINED',
    'PARTICIPANT_LEFT',
  ].map((kind): [string, (count: number) => string] => [
    `nodes of the kind ${kind}`,
    (count) => `{ nodes(ids: ${of(kind, count / 4)}) { id ... on TimelineEntry { ${ENTRY} } } }`,
  ]),
  [
    'participants among nodes',
    (count) =>
      `{ nodes(ids: ${of('Participant', count / 4)}) { ... on Participant { user { displayName } transaction { title } } } }`,
  ],
  ['people among nodes', (count) => `{ nodes(ids: ${of('User', count / 4)}) { ... on User { displayName } } }`],
])('%s: no query an item', async (_, query) => {
  expect(await countStatements(query(80))).toBe(await countStatements(query(20)))
})

test('twenty participants cost as many queries as two', async () => {
  const query = (id: string) =>
    `{ transaction(id: "${id}") { participants { user { displayName } transaction { title } } } }`
  expect(await countStatements(query('txn_crowd'))).toBe(await countStatements(query('txn_busy')))
})

test('what is hidden costs as many statements as what is not there: the time that an answer takes tells nothing', async () => {
  const stranger = await testService.seed.person('stranger')
  const count = async (query: string) => {
    statements.mockClear()
    expect(await stranger.ask(query, {})).toMatchObject({ errors: [] })
    return statements.mock.calls.length
  }
  const deal = (id: string) => `{ transaction(id: "${id}") { id participants { user { displayName } } } }`
  const entries = (from: number) =>
    `{ nodes(ids: ${JSON.stringify(Array.from({ length: 5 }, (_, nth) => `evt_${from + nth}.busy`))}) { ... on TimelineEntry { ${ENTRY} } } }`
  expect(await count(deal('txn_busy'))).toBe(await count(deal('txn_nowhere')))
  expect(await count(entries(1))).toBe(await count(entries(10_001)))
})

test('who has read a page of messages costs one statement, of whatever deals they are', async () => {
  const page = (field: string) => `{ messages(transactionId: "txn_busy", first: 20) { nodes { id ${field} } } }`
  const pages = (field: string) =>
    `{ transactions(first: 20) { nodes { messages(last: 4) { nodes { id ${field} } } } } }`
  for (const query of [page, pages]) {
    expect(await countStatements(query(READ_BY))).toBe((await countStatements(query(''))) + 1)
  }
})

test('who is typing in a list of deals costs one statement, and none while nobody is', async () => {
  const list = (field: string) => `{ transactions(first: 20) { nodes { id ${field} } } }`
  const withoutField = await countStatements(list(''))
  expect(await countStatements(list('typingUsers { displayName }'))).toBe(withoutField)
  const { typing } = testService.service.services
  for (const nth of [0, 3, 7, 19]) await typing.set(bea.viewer, `deal-${nth}`, true)
  expect(await countStatements(list('typingUsers { displayName }'))).toBe(withoutField + 1)
})
