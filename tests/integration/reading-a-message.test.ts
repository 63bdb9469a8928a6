import { afterAll, beforeAll, expect, test } from 'vitest'
import { graphql } from '../generated/gql.js'
import type { Person } from '../testkit/seed.js'
import { startTestService, type TestService } from '../testkit/service.js'

const MESSAGE = graphql(`
  query ReadingMessage($id: ID!) {
    message(id: $id) {
      sequence
      type
      version
      content
      sender {
        id
        displayName
        avatarUrl
      }
      replyTo {
        content
        sender {
          displayName
        }
        replyTo {
          content
        }
      }
      transaction {
        id
        title
        lastMessage {
          content
        }
      }
    }
  }
`)

const LAST_MESSAGE = graphql(`
  query ReadingLastMessage($id: ID!) {
    transaction(id: $id) {
      messageCount
      lastMessage {
        content
        deletedAt
        sequence
      }
    }
  }
`)

const EXCLUSIVE_FRAGMENTS = graphql(`
  query ReadingExclusiveFragments($ids: [ID!]!) {
    nodes(ids: $ids) {
      ... on Message {
        transaction {
          messages(first: 1) {
            nodes {
              content
            }
          }
        }
      }
      ... on StatusChanged {
        transaction {
          messages(last: 2) {
            nodes {
              content
            }
          }
        }
      }
    }
  }
`)

let testService: TestService
let bea: Person
let answerId: string

beforeAll(async () => {
  testService = await startTestService()
  bea = await testService.seed.person('bea', 'Bea')
  const sam = await testService.seed.person('sam', 'Sam')
  const deal = await testService.seed.deal('deal', { buyer: bea, seller: sam }, { title: 'A bicycle' })
  const question = await bea.say(deal, 'Is it there?')
  const answer = await sam.say(deal, 'It is.', question.id)
  answerId = answer.id
  await bea.say(deal, 'Good.', answer.id)
  await deal.changeStatus('FUNDED', 'The money is there.')
})
afterAll(() => testService.close())

test('a message is read with its sender, what it answers, and its transaction', async () => {
  const { message } = await bea.get(MESSAGE, { id: `msg_${answerId}` })
  expect(message).toEqual({
    sequence: 2,
    type: 'TEXT',
    version: 5,
    content: 'It is.',
    sender: { id: 'usr_sam', displayName: 'Sam', avatarUrl: null },
    replyTo: { content: 'Is it there?', sender: { displayName: 'Bea' }, replyTo: null },
    transaction: { id: 'txn_deal', title: 'A bicycle', lastMessage: { content: 'The money is there.' } },
  })
})

test.each([['msg_01900000-0000-7000-8000-000000000000'], ['msg_1'], ['txn_deal'], ['']])(
  'no message is %j',
  async (id) => {
    expect(await bea.get(MESSAGE, { id })).toEqual({ message: null })
  },
)

test('the last message is null before the first, and may be a tombstone', async () => {
  const quiet = await testService.seed.deal('quiet', { buyer: bea })
  const empty = { messageCount: 0, lastMessage: null }
  expect((await bea.get(LAST_MESSAGE, { id: quiet.id })).transaction).toEqual(empty)
  await bea.say(quiet, 'one')
  const { id } = await bea.say(quiet, 'two')
  await testService.service.services.message.delete(bea.viewer, id)
  expect((await bea.get(LAST_MESSAGE, { id: quiet.id })).transaction).toEqual({
    messageCount: 2,
    lastMessage: { content: null, deletedAt: expect.any(String), sequence: 2 },
  })
})

test('fragments on different types may ask for different pages in the same place', async () => {
  const { nodes } = await bea.get(EXCLUSIVE_FRAGMENTS, { ids: [`msg_${answerId}`, 'evt_1.deal'] })
  expect(nodes).toEqual([
    { transaction: { messages: { nodes: [{ content: 'Is it there?' }] } } },
    { transaction: { messages: { nodes: [{ content: 'Good.' }, { content: 'The money is there.' }] } } },
  ])
})
