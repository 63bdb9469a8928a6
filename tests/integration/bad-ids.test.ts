import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { graphql } from '../generated/gql.js'
import { refusalOf } from '../testkit/http-client.js'
import type { Deal, Person } from '../testkit/seed.js'
import { startTestService, type TestService } from '../testkit/service.js'
import { contentsOf } from '../testkit/sql.js'
import { DELETE, EDIT, MARK_READ, SEND, SET_TYPING } from '../testkit/writing.js'

const MESSAGES = graphql(`
  query BadIdsMessages($transactionId: ID!, $filter: MessageFilter) {
    messages(transactionId: $transactionId, filter: $filter) {
      nodes {
        id
      }
    }
  }
`)

const UNREAD_COUNT = graphql(`
  query BadIdsUnreadCount($transactionId: ID!) {
    unreadCount(transactionId: $transactionId)
  }
`)

let testService: TestService
let bea: Person
let deal: Deal
let messageId: string

beforeAll(async () => {
  testService = await startTestService()
  bea = await testService.seed.person('bea')
  deal = await testService.seed.deal('deal', { buyer: bea })
  messageId = `msg_${(await bea.say(deal, 'Hello')).id}`
})
afterAll(() => testService.close())

const NOBODYS_MESSAGE = 'msg_01900000-0000-7000-8000-000000000000'

/** Every argument that takes an id and refuses a bad one: how it is asked, and an id of that type that nothing has. */
const ARGUMENTS = {
  'messages(transactionId)': ['transactionId', (id: string) => bea.ask(MESSAGES, { transactionId: id }), 'txn_nowhere'],
  'unreadCount(transactionId)': [
    'transactionId',
    (id: string) => bea.ask(UNREAD_COUNT, { transactionId: id }),
    'txn_nowhere',
  ],
  'sendMessage(transactionId)': [
    'transactionId',
    (id: string) => bea.ask(SEND, { input: { transactionId: id, content: 'x' } }),
    'txn_nowhere',
  ],
  'sendMessage(replyToId)': [
    'replyToId',
    (id: string) => bea.ask(SEND, { input: { transactionId: deal.id, content: 'x', replyToId: id } }),
    NOBODYS_MESSAGE,
  ],
  'editMessage(messageId)': [
    'messageId',
    (id: string) => bea.ask(EDIT, { input: { messageId: id, content: 'x' } }),
    NOBODYS_MESSAGE,
  ],
  'deleteMessage(messageId)': [
    'messageId',
    (id: string) => bea.ask(DELETE, { input: { messageId: id } }),
    NOBODYS_MESSAGE,
  ],
  'markRead(transactionId)': [
    'transactionId',
    (id: string) => bea.ask(MARK_READ, { input: { transactionId: id, upToMessageId: messageId } }),
    'txn_nowhere',
  ],
  'markRead(upToMessageId)': [
    'upToMessageId',
    (id: string) => bea.ask(MARK_READ, { input: { transactionId: deal.id, upToMessageId: id } }),
    NOBODYS_MESSAGE,
  ],
  'setTyping(transactionId)': [
    'transactionId',
    (id: string) => bea.ask(SET_TYPING, { input: { transactionId: id, isTyping: true } }),
    'txn_nowhere',
  ],
} as const

describe.each(Object.entries(ARGUMENTS))('%s', (_, [field, ask, unknownId]) => {
  test.each([
    ['empty', ''],
    ['of no type', 'deal'],
    ['a mere prefix', 'txn_'],
    ["a person's", 'usr_bea'],
    ["a timeline entry's", 'evt_1.deal'],
    ['of the type, but malformed', unknownId.startsWith('txn_') ? 'txn_a b' : 'msg_1'],
    ['one with U+0000', `${unknownId}\0`],
    ['the wrong one of message and transaction', unknownId.startsWith('txn_') ? NOBODYS_MESSAGE : 'txn_deal'],
  ])('refuses an id that is %s, and nothing is stored', async (_what, id) => {
    const before = await contentsOf(testService.database.url)
    expect(refusalOf(await ask(id))).toEqual({ code: 'BAD_USER_INPUT', field })
    expect(await contentsOf(testService.database.url)).toEqual(before)
  })

  test('finds nothing under an id that nothing has, and nothing is stored', async () => {
    const before = await contentsOf(testService.database.url)
    expect(refusalOf(await ask(unknownId))).toEqual({ code: 'NOT_FOUND', field })
    expect(await contentsOf(testService.database.url)).toEqual(before)
  })
})

test.each([['bea'], ['msg_1'], ['txn_deal'], ['']])('messages(filter.senderId) refuses %j', async (senderId) => {
  const answer = await bea.ask(MESSAGES, { transactionId: deal.id, filter: { senderId } })
  expect(refusalOf(answer)).toEqual({ code: 'BAD_USER_INPUT', field: 'senderId' })
})
