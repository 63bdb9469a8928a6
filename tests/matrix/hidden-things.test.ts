import { type GraphQLArgument, type GraphQLInputField, getNamedType, isInputObjectType, isObjectType } from 'graphql'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createSchema } from '../../src/graphql/schema.js'
import { DOORS, type Door } from './doors.js'
import type { ViewerKind } from './viewer-kinds.js'
import { STARTS_WITHIN_MS, startWorld, type World } from './world.js'

// What the viewer may not see answers exactly as what doesn't exist: for every argument that takes an id.

interface Ids {
  readonly transaction: string
  readonly message: string
  readonly user: string
  readonly participant: string
  readonly entry: string
}

const UNUSED_UUID = '01900000-0000-7000-8000-000000000000'
const NOWHERE: Ids = {
  transaction: 'txn_nowhere',
  message: `msg_${UNUSED_UUID}`,
  user: 'usr_nobody',
  participant: `par_${UNUSED_UUID}`,
  entry: 'evt_1.nowhere',
}

/** A deal and a message of it that those who ask see, or whose partner they are. */
const OWN = { transaction: 'txn_own', message: '' }
const SUBSCRIPTIONS = [
  'messageAdded',
  'messageChanged',
  'messagesRead',
  'presenceChanged',
  'timelineAdvanced',
  'transactionStatusChanged',
  'typingChanged',
]
const REQUESTS: Readonly<Record<string, (ids: Ids) => string[]>> = {
  'Query.node(id)': (ids) => Object.values(ids).map((id) => `{ node(id: "${id}") { __typename id } }`),
  'Query.nodes(ids)': (ids) => [`{ nodes(ids: ${JSON.stringify(Object.values(ids))}) { __typename id } }`],
  'Query.transaction(id)': (ids) => [`{ transaction(id: "${ids.transaction}") { title } }`],
  'Query.message(id)': (ids) => [`{ message(id: "${ids.message}") { content } }`],
  'Query.messages(transactionId)': (ids) => [`{ messages(transactionId: "${ids.transaction}") { nodes { id } } }`],
  'Query.messages(filter.senderId)': (ids) => [
    `{ messages(transactionId: "${ids.transaction}", filter: { senderId: "${ids.user}" }) { nodes { id } } }`,
    `{ messages(transactionId: "${OWN.transaction}", filter: { senderId: "${ids.user}" }) { nodes { id } } }`,
  ],
  'Query.unreadCount(transactionId)': (ids) => [`{ unreadCount(transactionId: "${ids.transaction}") }`],
  'Mutation.sendMessage(input.transactionId)': (ids) => [
    `mutation { sendMessage(input: { transactionId: "${ids.transaction}", content: "x" }) { message { id } } }`,
    `mutation { sendMessage(input: { transactionId: "${ids.transaction}", content: "" }) { message { id } } }`,
  ],
  'Mutation.sendMessage(input.replyToId)': (ids) =>
    [ids.transaction, OWN.transaction].map(
      (transaction) =>
        `mutation { sendMessage(input: { transactionId: "${transaction}", content: "x", replyToId: "${ids.message}" }) { message { id } } }`,
    ),
  'Mutation.editMessage(input.messageId)': (ids) => [
    `mutation { editMessage(input: { messageId: "${ids.message}", content: "x" }) { message { id } } }`,
  ],
  'Mutation.deleteMessage(input.messageId)': (ids) => [
    `mutation { deleteMessage(input: { messageId: "${ids.message}" }) { message { id } } }`,
  ],
  'Mutation.markRead(input.transactionId)': (ids) => [
    `mutation { markRead(input: { transactionId: "${ids.transaction}", upToMessageId: "${OWN.message}" }) { viewer { id } } }`,
  ],
  'Mutation.markRead(input.upToMessageId)': (ids) =>
    [ids.transaction, OWN.transaction].map(
      (transaction) =>
        `mutation { markRead(input: { transactionId: "${transaction}", upToMessageId: "${ids.message}" }) { viewer { id } } }`,
    ),
  'Mutation.upsertTransaction(input.participants.userId)': (ids) => [
    `mutation { upsertTransaction(input: { key: "new", title: "x", participants: [{ userId: "${ids.user}", role: BUYER }] }) { transaction { id } } }`,
  ],
  'Mutation.postSystemMessage(input.transactionId)': (ids) => [
    `mutation { postSystemMessage(input: { transactionId: "${ids.transaction}", content: "x" }) { message { id } } }`,
    `mutation { postSystemMessage(input: { transactionId: "${ids.transaction}", content: "" }) { message { id } } }`,
  ],
  'Mutation.changeTransactionStatus(input.transactionId)': (ids) => [
    `mutation { changeTransactionStatus(input: { transactionId: "${ids.transaction}", status: FUNDED }) { transaction { id } } }`,
  ],
  'Mutation.setTyping(input.transactionId)': (ids) =>
    [true, false].map(
      (isTyping) =>
        `mutation { setTyping(input: { transactionId: "${ids.transaction}", isTyping: ${isTyping} }) { expiresAt } }`,
    ),
}

let world: World
let hidden: Ids

beforeAll(async () => {
  world = await startWorld()
  const { people, elsewhere, ids } = world
  OWN.message = `msg_${(await people.OUTSIDER.say(elsewhere, 'My own')).id}`
  hidden = {
    transaction: ids['Transaction'] ?? '',
    message: ids['Message'] ?? '',
    user: ids['User'] ?? '',
    participant: ids['Participant'] ?? '',
    entry: ids['MessageSent'] ?? '',
  }
}, STARTS_WITHIN_MS)
afterAll(() => world.close())

/** Everything that the answer says; only what every answer has of its own is left out. */
async function answerTo(kind: ViewerKind, door: Door, query: string): Promise<unknown> {
  if (door === 'WebSocket') return JSON.stringify(await world.socket(kind).ask(query))
  const response = await fetch(world.testService.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${world.token(kind)}` },
    body: JSON.stringify({ query }),
  })
  const { date: _date, 'x-request-id': _requestId, ...headers } = Object.fromEntries(response.headers)
  return { status: response.status, headers, body: await response.text() }
}

/** Those who see nothing of the deal. */
const STRANGERS = ['OUTSIDER', 'FORMER', 'OTHER_PARTNER'] as const
const schema = createSchema()

describe.each(Object.entries(REQUESTS))('%s', (_, requestsFor) => {
  test.each(STRANGERS.flatMap((kind) => DOORS.map((door) => [kind, door] as const)))(
    'is answered to %s over %s as if there were nothing',
    async (kind, door) => {
      const nowhere = requestsFor(NOWHERE)
      for (const [index, query] of requestsFor(hidden).entries()) {
        expect(await answerTo(kind, door, query)).toEqual(await answerTo(kind, door, nowhere[index] ?? ''))
      }
    },
  )
})

describe.each(SUBSCRIPTIONS)('Subscription.%s(transactionId)', (field) => {
  test.each(STRANGERS)('ends for %s as if there were nothing', async (kind) => {
    const ask = (id: string) => `subscription { ${field}(transactionId: "${id}") { __typename } }`
    const ofHidden = await answerTo(kind, 'WebSocket', ask(hidden.transaction))
    expect(ofHidden).toEqual(await answerTo(kind, 'WebSocket', ask(NOWHERE.transaction)))
  })
})

test('every argument that takes an id is looked at here', () => {
  const { Query, Mutation, Subscription } = schema.getTypeMap()
  const takingIds = [Query, Mutation, Subscription].flatMap((type) =>
    isObjectType(type)
      ? Object.values(type.getFields()).flatMap(({ name, args }) =>
          args.flatMap(pathsOfIds).map((path) => `${type.name}.${name}(${path})`),
        )
      : [],
  )
  const lookedAt = [...Object.keys(REQUESTS), ...SUBSCRIPTIONS.map((field) => `Subscription.${field}(transactionId)`)]
  expect(takingIds.sort()).toEqual(lookedAt.sort())
})

/** Where below an argument ids are given. */
function pathsOfIds({ name, type }: GraphQLArgument | GraphQLInputField): string[] {
  const named = getNamedType(type)
  if (named.name === 'ID') return [name]
  if (!isInputObjectType(named)) return []
  return Object.values(named.getFields()).flatMap((field) => pathsOfIds(field).map((path) => `${name}.${path}`))
}
