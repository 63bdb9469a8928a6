import { type GraphQLArgument, type GraphQLInputField, getNamedType, isInputObjectType, isObjectType } from 'graphql'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createSchema } from '../../src/graphql/schema.js'
import type { Caller, Person } from '../testkit/seed.js'
import { startTestService, type TestService } from '../testkit/service.js'
import { query as select } from '../testkit/sql.js'
import { connect, listen } from '../testkit/websocket-client.js'

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

/** What an outsider asks for; the stranger, and the partner, has a deal and a message of their own. */
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
  'Mutation.setTyping(input.transactionId)': (ids) =>
    [true, false].map(
      (isTyping) =>
        `mutation { setTyping(input: { transactionId: "${ids.transaction}", isTyping: ${isTyping} }) { expiresAt } }`,
    ),
}

let testService: TestService
let stranger: Person
let outcast: Person
let partner: Caller
let hidden: Ids

beforeAll(async () => {
  testService = await startTestService()
  const { seed } = testService
  const [bea, sam] = [await seed.person('bea'), await seed.person('sam')]
  stranger = await seed.person('stranger')
  outcast = await seed.person('outcast')
  const deal = await seed.deal('hidden', { buyer: bea, seller: [sam, outcast] }, { partnerClientId: 'shop' })
  const message = await bea.say(deal, 'Between us')
  await deal.seat({ buyer: bea, seller: sam })
  const own = await seed.deal('own', { buyer: [stranger, outcast] }, { partnerClientId: 'other' })
  partner = await seed.caller({ clientId: 'other', scopes: ['history:read'] })
  OWN.message = `msg_${(await stranger.say(own, 'My own')).id}`
  const [seat] = await select<{ id: string }>(
    testService.database.url,
    `SELECT id FROM "Participant" WHERE "transactionKey" = 'hidden' AND "userKey" = 'bea'`,
  )
  hidden = {
    transaction: deal.id,
    message: `msg_${message.id}`,
    user: bea.id,
    participant: `par_${seat?.id}`,
    entry: `evt_${message.position}.hidden`,
  }
})
afterAll(() => testService.close())

/** Everything that the answer says; only what every answer has of its own is left out. */
async function answerTo({ token }: Caller, query: string): Promise<unknown> {
  const response = await fetch(testService.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ query }),
  })
  const { date: _date, 'x-request-id': _requestId, ...headers } = Object.fromEntries(response.headers)
  return { status: response.status, headers, body: await response.text() }
}

describe.each(Object.entries(REQUESTS))('%s', (_, requestsFor) => {
  test.each([
    ['who never took part', () => stranger],
    ['who takes part no more', () => outcast],
    ['who is the partner of other deals', () => partner],
  ])('is answered to somebody %s as if there were nothing', async (_who, caller) => {
    const nowhere = requestsFor(NOWHERE)
    for (const [index, query] of requestsFor(hidden).entries()) {
      expect(await answerTo(caller(), query)).toEqual(await answerTo(caller(), nowhere[index] ?? ''))
    }
  })
})

test.each(SUBSCRIPTIONS)(
  'Subscription.%s(transactionId) ends for an outsider as if there were nothing',
  async (field) => {
    const subscription = `subscription Hidden($id: ID!) { ${field}(transactionId: $id) { __typename } }`
    // Who is online is no partner's business, wherever: FORBIDDEN.
    const outsiders = field === 'presenceChanged' ? [stranger, outcast] : [stranger, outcast, partner]
    for (const { token } of outsiders) {
      const client = connect(testService.webSocketUrl, token)
      const ends = [hidden, NOWHERE].map(({ transaction: id }) => listen(client, subscription, { id }).ended)
      const [ofHidden, ofNothing] = await Promise.all(ends)
      expect(ofHidden).toEqual(ofNothing)
      expect(ofHidden).toMatchObject([{ extensions: { code: 'NOT_FOUND', field: 'transactionId' } }])
      await client.dispose()
    }
  },
)

test('every argument that takes an id is looked at here', () => {
  const { Query, Mutation, Subscription } = createSchema().getTypeMap()
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
