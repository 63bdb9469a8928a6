import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { graphql } from '../generated/gql.js'
import type { MessageFilter } from '../generated/graphql.js'
import type { Deal, Person } from '../testkit/seed.js'
import { startTestService, type TestService } from '../testkit/service.js'

const MESSAGES = graphql(`
  query ReadingMessages($filter: MessageFilter) {
    messages(transactionId: "txn_deal", filter: $filter) {
      nodes {
        content
        createdAt
      }
    }
    transaction(id: "txn_deal") {
      messages(filter: $filter) {
        nodes {
          content
          createdAt
        }
      }
    }
  }
`)

let testService: TestService
let bea: Person
let sam: Person
let deal: Deal

beforeAll(async () => {
  testService = await startTestService()
  bea = await testService.seed.person('bea', 'Bea')
  sam = await testService.seed.person('sam', 'Sam')
  deal = await testService.seed.deal('deal', { buyer: bea, seller: sam }, { title: 'A bicycle' })
  const question = await bea.say(deal, 'Is it there?')
  const answer = await sam.say(deal, 'It is.', question.id)
  await bea.say(deal, 'Good.', answer.id)
  await deal.changeStatus('FUNDED', 'The money is there.')
})
afterAll(() => testService.close())

/** What is listed, the same in both places. */
async function list(filter?: MessageFilter) {
  const { messages, transaction } = await bea.get(MESSAGES, { filter: filter ?? null })
  expect(transaction?.messages).toEqual(messages)
  return messages.nodes
}
const contents = async (filter?: MessageFilter) => (await list(filter)).map(({ content }) => content)

const ALL = ['Is it there?', 'It is.', 'Good.', 'The money is there.']

describe('messages are listed', () => {
  test('all of them, oldest first', async () => {
    expect(await contents()).toEqual(ALL)
  })

  test.each<[string, MessageFilter, string[]]>([
    ['with an empty filter', {}, ALL],
    ['with a filter of nulls', { types: null, senderId: null, sentAfter: null, sentBefore: null }, ALL],
    ['by kind', { types: ['SYSTEM'] }, ALL.slice(3)],
    ['of several kinds', { types: ['TEXT', 'SYSTEM'] }, ALL],
    ['of a kind that there is none of', { types: ['IMAGE'] }, []],
    ['of no kind', { types: [] }, []],
    ['by sender', { senderId: 'usr_bea' }, ['Is it there?', 'Good.']],
    ['by sender and kind', { senderId: 'usr_bea', types: ['SYSTEM'] }, []],
  ])('%s', async (_, filter, expected) => {
    expect(await contents(filter)).toEqual(expected)
  })

  test('by time: `sentAfter` includes the instant, `sentBefore` excludes it', async () => {
    const instants = (await list()).map(({ createdAt }) => createdAt)
    for (const instant of instants) {
      const [later, earlier] = [await contents({ sentAfter: instant }), await contents({ sentBefore: instant })]
      expect(later).toEqual(ALL.filter((_, index) => (instants[index] ?? '') >= instant))
      expect(earlier).toEqual(ALL.filter((_, index) => (instants[index] ?? '') < instant))
      expect(await contents({ sentAfter: instant, sentBefore: instant })).toEqual([])
    }
  })

  test('by an instant with an offset', async () => {
    const [first] = await list()
    const sameInstant = new Date(Date.parse(first?.createdAt ?? '') + 3_600_000).toISOString().replace('Z', '+01:00')
    expect(await contents({ sentAfter: sameInstant })).toEqual(ALL)
  })
})
