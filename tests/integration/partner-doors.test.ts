import { print } from 'graphql'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { refusalOf } from '../testkit/http-client.js'
import { RawSocket } from '../testkit/raw-socket.js'
import type { Caller, Deal, Person } from '../testkit/seed.js'
import { startTestService, type TestService } from '../testkit/service.js'
import { contentsOf, query } from '../testkit/sql.js'
import { DELETE, EDIT, MARK_READ, SEND, SET_TYPING } from '../testkit/writing.js'

// A partner at every door that leads to a deal: before it is the partner's, while it is, and after it has moved away.

let testService: TestService
let bea: Person
let sam: Person
let acme: Caller
let bolt: Caller

beforeAll(async () => {
  testService = await startTestService()
  const { seed } = testService
  ;[bea, sam] = [await seed.person('bea'), await seed.person('sam')]
  acme = await seed.caller({ clientId: 'acme', scopes: ['history:read'] })
  bolt = await seed.caller({ clientId: 'bolt', scopes: ['history:read'] })
})
afterAll(() => testService.close())

interface Ids {
  readonly transaction: string
  readonly message: string
  readonly user: string
  readonly participant: string
  readonly entry: string
}

/** A deal of Acme's, with a person whom Acme knows from no other, and the ids of what is in it. */
async function newDeal(key: string): Promise<{ deal: Deal; ids: Ids; people: { buyer: Person; seller: Person } }> {
  const zoe = await testService.seed.person(`zoe-${key}`)
  const people = { buyer: bea, seller: zoe }
  const deal = await testService.seed.deal(key, people, { partnerClientId: 'acme' })
  const message = await zoe.say(deal, 'Hello')
  const [seat] = await query<{ id: string }>(
    testService.database.url,
    `SELECT id FROM "Participant" WHERE "transactionKey" = $1 AND "userKey" = $2`,
    [key, zoe.key],
  )
  const ids = {
    transaction: deal.id,
    message: `msg_${message.id}`,
    user: zoe.id,
    participant: `par_${seat?.id}`,
    entry: `evt_${message.position}.${key}`,
  }
  return { deal, ids, people }
}

/** What a caller sees of a deal, through each door. */
async function look(caller: Caller, ids: Ids) {
  const all = Object.values(ids)
  const { data } = await caller.ask<Record<string, unknown>, object>(
    `query ($transaction: ID!, $message: ID!, $all: [ID!]!) {
      transactions(first: 100) { nodes { id } }
      transaction(id: $transaction) { id timeline { nodes { id } } messages { nodes { id } } }
      message(id: $message) { id }
      nodes(ids: $all) { id }
    }`,
    { transaction: ids.transaction, message: ids.message, all },
  )
  const messages = await caller.ask(
    `query ($transaction: ID!) { messages(transactionId: $transaction) { nodes { id } } }`,
    ids,
  )
  const nodes = await Promise.all(all.map((id) => caller.ask('query ($id: ID!) { node(id: $id) { id } }', { id })))
  const { transactions, ...found } = data as { transactions: { nodes: { id: string }[] } }
  return {
    ...found,
    isListed: transactions.nodes.some(({ id }) => id === ids.transaction),
    messages: messages.errors.length > 0 ? refusalOf(messages) : messages.data,
    node: nodes.map((answer) => answer.data),
  }
}

const shown = (ids: Ids) => ({
  isListed: true,
  transaction: {
    id: ids.transaction,
    timeline: { nodes: Array.from({ length: 4 }, () => ({ id: expect.any(String) })) },
    messages: { nodes: [{ id: ids.message }] },
  },
  message: { id: ids.message },
  messages: { messages: { nodes: [{ id: ids.message }] } },
  nodes: Object.values(ids).map((id) => ({ id })),
  node: Object.values(ids).map((id) => ({ node: { id } })),
})

const hidden = (ids: Ids) => ({
  isListed: false,
  transaction: null,
  message: null,
  messages: { code: 'NOT_FOUND', field: 'transactionId' },
  nodes: Object.values(ids).map(() => null),
  node: Object.values(ids).map(() => ({ node: null })),
})

test.each([
  ['another partner', 'bolt'],
  ['nobody', null],
])(
  'a deal that is moved to %s is at once hidden from the old partner behind every door',
  async (_, partnerClientId) => {
    const { deal, ids, people } = await newDeal(`moved-${partnerClientId}`)
    expect(await look(acme, ids)).toEqual(shown(ids))
    expect(await look(bolt, ids)).toEqual(hidden(ids))
    await deal.seat(people, { partnerClientId })
    expect(await look(acme, ids)).toEqual(hidden(ids))
    expect(await look(bolt, ids)).toEqual(partnerClientId === 'bolt' ? shown(ids) : hidden(ids))
    await deal.seat(people, { partnerClientId: 'acme' })
    expect(await look(acme, ids)).toEqual(shown(ids))
  },
)

test('a deal that is brought up to date without naming the partner stays the partner’s', async () => {
  const { deal, ids } = await newDeal('kept')
  await deal.seat({ buyer: bea, agent: sam })
  expect((await look(acme, ids)).isListed).toBe(true)
})

test('clients whose ids differ in case or by a space are different partners', async () => {
  const { ids } = await newDeal('exact')
  for (const clientId of ['Acme', 'acme ', 'acm', '%']) {
    const other = await testService.seed.caller({ clientId, scopes: ['history:read'] })
    expect(await look(other, ids)).toEqual(hidden(ids))
  }
})

test.each(['acme\0', '\0', 'acme\u200B'])('no client is called %j', async (clientId) => {
  const caller = await testService.seed.caller({ clientId, scopes: ['history:read'] })
  const answer = await caller.ask('{ transactions { nodes { id } } }', {})
  expect(answer.status).toBe(401)
  expect(refusalOf(answer)).toEqual({ code: 'UNAUTHENTICATED' })
})

describe('over a WebSocket a partner', () => {
  test.each([
    ['sends nothing', SEND, { input: { transactionId: 'txn_socket', content: 'x' } }],
    ['edits nothing', EDIT, { input: { messageId: 'message', content: 'x' } }],
    ['deletes nothing', DELETE, { input: { messageId: 'message' } }],
    ['marks nothing as read', MARK_READ, { input: { transactionId: 'txn_socket', upToMessageId: 'message' } }],
    ['is never typing', SET_TYPING, { input: { transactionId: 'txn_socket', isTyping: true } }],
  ])('%s', async (_, document, variables) => {
    const { ids } = await newDeal('socket')
    const before = await contentsOf(testService.database.url)
    const socket = await RawSocket.connect(testService.webSocketUrl, acme.token)
    const filled = JSON.parse(JSON.stringify(variables).replaceAll('"message"', `"${ids.message}"`))
    socket.subscribe('1', print(document), filled)
    expect(await socket.next()).toMatchObject({
      payload: { data: null, errors: [{ extensions: { code: 'FORBIDDEN' } }] },
    })
    expect(await contentsOf(testService.database.url)).toEqual(before)
    await socket.close()
  })

  test.each(['presenceChanged(transactionId: "txn_socket")', 'inboxChanged'])('is not told %s', async (field) => {
    await newDeal('socket')
    const socket = await RawSocket.connect(testService.webSocketUrl, acme.token)
    socket.subscribe('1', `subscription { ${field} { __typename } }`)
    expect(await socket.next()).toMatchObject({ type: 'error', payload: [{ extensions: { code: 'FORBIDDEN' } }] })
    await socket.close()
  })
})

test('a partner sees what everybody reads: no content of deleted messages, nobody online, nothing of its own', async () => {
  const { deal, ids } = await newDeal('seen')
  const { services } = testService.service
  const said = await bea.say(deal, 'This I take back.')
  await services.message.edit(bea.viewer, said.id, 'This too.')
  await services.message.delete(bea.viewer, said.id)
  const socket = await RawSocket.connect(testService.webSocketUrl, bea.token)
  const { data } = await acme.ask(
    `query ($transaction: ID!) {
      viewer { kind clientId scopes user { id } unreadCount }
      unreadCount(transactionId: $transaction)
      transaction(id: $transaction) {
        viewerParticipant { id }
        viewerUnreadCount
        participants { user { isOnline lastSeenAt } }
        messages(last: 1) { nodes { content deletedAt } }
        timeline(last: 3) { nodes {
          __typename
          ... on MessageSent { content }
          ... on MessageEdited { content }
        } }
      }
    }`,
    ids,
  )
  await socket.close()
  expect(data).toEqual({
    viewer: { kind: 'PARTNER', clientId: 'acme', scopes: ['history:read'], user: null, unreadCount: 0 },
    unreadCount: 0,
    transaction: {
      viewerParticipant: null,
      viewerUnreadCount: 0,
      participants: Array(2).fill({ user: { isOnline: false, lastSeenAt: null } }),
      messages: { nodes: [{ content: null, deletedAt: expect.any(String) }] },
      timeline: {
        nodes: [
          { __typename: 'MessageSent', content: null },
          { __typename: 'MessageEdited', content: null },
          { __typename: 'MessageDeleted' },
        ],
      },
    },
  })
})
