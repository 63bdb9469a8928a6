import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { encodeCursor } from '../../src/chat/timeline/timeline-cursor.js'
import { graphql } from '../generated/gql.js'
import { refusalOf } from '../testkit/http-client.js'
import type { Person } from '../testkit/seed.js'
import { startTestService, type TestService } from '../testkit/service.js'

const DEFAULTS = graphql(`
  query PageDefaults($after: String, $before: String) {
    messages(transactionId: "txn_deal", after: $after, before: $before) {
      nodes {
        sequence
      }
    }
    transaction(id: "txn_deal") {
      messages(after: $after, before: $before) {
        nodes {
          sequence
        }
      }
      timeline(after: $after, before: $before) {
        nodes {
          position
        }
      }
    }
  }
`)

const TRANSACTIONS = graphql(`
  query PageDefaultsTransactions($after: String, $before: String) {
    transactions(after: $after, before: $before) {
      edges {
        cursor
        node {
          id
        }
      }
    }
  }
`)

let testService: TestService
let bea: Person

beforeAll(async () => {
  testService = await startTestService()
  bea = await testService.seed.person('bea')
  const deal = await testService.seed.deal('deal', { buyer: bea })
  await Promise.all(Array.from({ length: 120 }, () => bea.say(deal, 'Hello'))) // at positions 3 to 122
  for (let nth = 1; nth <= 45; nth += 1) await testService.seed.deal(`other-${nth}`, { buyer: bea })
})
afterAll(() => testService.close())

const from = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, index) => first + index)

/** The numbers of a default page, the same wherever messages are listed. */
async function defaultPage(bounds: { after?: string; before?: string }) {
  const { messages, transaction } = await bea.get(DEFAULTS, bounds)
  expect(transaction?.messages).toEqual(messages)
  return {
    sequences: messages.nodes.map(({ sequence }) => sequence),
    positions: transaction?.timeline.nodes.map(({ position }) => position),
  }
}

test.each([
  ['nothing', {}, from(71, 120), from(73, 122)],
  ['`after`', { after: encodeCursor('deal', 10) }, from(9, 58), from(11, 60)],
  ['`after` the beginning', { after: encodeCursor('deal', 0) }, from(1, 50), from(1, 50)],
  ['`before`', { before: encodeCursor('deal', 100) }, from(48, 97), from(50, 99)],
  [
    '`after` and `before`',
    { after: encodeCursor('deal', 10), before: encodeCursor('deal', 100) },
    from(48, 97),
    from(50, 99),
  ],
])(
  'whoever gives %s gets 50, the first after `after` alone, otherwise the newest',
  async (_, bounds, sequences, positions) => {
    expect(await defaultPage(bounds)).toEqual({ sequences, positions })
  },
)

test('whoever gives nothing gets no more than may be asked for', async () => {
  const small = await startTestService({ MAX_PAGE_SIZE: '7' })
  onTestFinished(() => small.close())
  const reader = await small.seed.person('bea')
  const deal = await small.seed.deal('deal', { buyer: reader })
  await Promise.all(Array.from({ length: 10 }, () => reader.say(deal, 'Hello'))) // at positions 3 to 12
  for (let nth = 1; nth <= 10; nth += 1) await small.seed.deal(`other-${nth}`, { buyer: reader })
  const { messages, transaction } = await reader.get(DEFAULTS, {})
  expect(messages.nodes.map(({ sequence }) => sequence)).toEqual(from(4, 10))
  expect(transaction?.timeline.nodes.map(({ position }) => position)).toEqual(from(6, 12))
  expect((await reader.get(TRANSACTIONS, {})).transactions.edges).toHaveLength(7)
  const first = (count: number) =>
    reader.ask(`{ messages(transactionId: "txn_deal", first: ${count}) { nodes { sequence } } }`, {})
  expect((await first(7)).errors).toEqual([])
  expect(refusalOf(await first(8))).toEqual({ code: 'BAD_USER_INPUT', field: 'first', limit: 7 })
})

test('of transactions it is the first 20, whatever the bounds', async () => {
  const page = async (bounds: { after?: string; before?: string }) =>
    (await bea.get(TRANSACTIONS, bounds)).transactions.edges
  const first = await page({})
  const second = await page({ after: first.at(-1)?.cursor ?? '' })
  const third = await page({ after: second.at(-1)?.cursor ?? '' })
  expect([first, second, third].map((edges) => edges.length)).toEqual([20, 20, 6])
  expect(new Set([...first, ...second, ...third].map(({ node }) => node.id)).size).toBe(46)
  expect(await page({ before: third.at(-1)?.cursor ?? '' })).toEqual(first)
})
