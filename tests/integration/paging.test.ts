import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { encodeCursor } from '../../src/chat/timeline/timeline-cursor.js'
import { graphql } from '../generated/gql.js'
import { anyPageOf, type ListModel, type PageArgs, pageOf } from '../testkit/page-model.js'
import type { Person } from '../testkit/seed.js'
import { startTestService, type TestService } from '../testkit/service.js'

// Pages of every list, of any size, from either end and between any two cursors, compared with what they have to be.

const MESSAGES = graphql(`
  query PagingMessages($first: Int, $after: String, $last: Int, $before: String, $filter: MessageFilter) {
    page: messages(
      transactionId: "txn_deal"
      first: $first
      after: $after
      last: $last
      before: $before
      filter: $filter
    ) {
      edges {
        cursor
      }
      pageInfo {
        ...PagingPageInfo
      }
    }
  }
`)

const TIMELINE = graphql(`
  query PagingTimeline($first: Int, $after: String, $last: Int, $before: String) {
    transaction(id: "txn_deal") {
      page: timeline(first: $first, after: $after, last: $last, before: $before) {
        edges {
          cursor
        }
        pageInfo {
          ...PagingPageInfo
        }
      }
    }
  }
`)

const TRANSACTIONS = graphql(`
  query PagingTransactions($first: Int, $after: String, $last: Int, $before: String, $filter: TransactionFilter) {
    page: transactions(first: $first, after: $after, last: $last, before: $before, filter: $filter) {
      edges {
        cursor
      }
      pageInfo {
        ...PagingPageInfo
      }
    }
  }
  fragment PagingPageInfo on PageInfo {
    hasNextPage
    hasPreviousPage
    startCursor
    endCursor
  }
`)

let testService: TestService
let bea: Person
/** Of the deal's timeline; a cursor stands for a position, 0 included. */
let cursors: string[]

beforeAll(async () => {
  testService = await startTestService()
  bea = await testService.seed.person('bea')
  const sam = await testService.seed.person('sam')
  const deal = await testService.seed.deal('deal', { buyer: bea, seller: sam }) // positions 1 to 3
  await bea.say(deal, 'one') // 4
  const two = await sam.say(deal, 'two') // 5
  await deal.changeStatus('FUNDED') // 6
  await testService.service.services.message.edit(sam.viewer, two.id, 'zwei') // 7
  await bea.say(deal, 'three') // 8
  await deal.changeStatus('SHIPPED', 'It is on its way.') // 9, and the message at 10
  await sam.say(deal, 'four') // 11
  await testService.service.services.message.delete(sam.viewer, two.id) // 12
  cursors = Array.from({ length: 13 }, (_, position) => encodeCursor('deal', position))
  for (const key of ['a', 'b', 'c', 'd', 'e', 'f']) {
    const other = await testService.seed.deal(key, { buyer: bea })
    if ('ace'.includes(key)) await bea.say(other, 'Hello')
    if ('bcd'.includes(key)) await other.changeStatus('FUNDED')
  }
})
afterAll(() => testService.close())

const at = (...positions: number[]) => positions.map((position) => cursors[position] ?? '')

async function checkPages<Page>(list: ListModel, ask: (args: PageArgs) => Promise<Page>): Promise<void> {
  const checkPage = async (args: PageArgs) => {
    expect(await ask(args)).toEqual(pageOf(list, args))
  }
  await fc.assert(fc.asyncProperty(anyPageOf(list), checkPage), { numRuns: 60 })
}

test('pages of messages are exact', async () => {
  const list = { cursors, items: at(4, 5, 8, 10, 11) }
  await checkPages(list, async (args) => (await bea.get(MESSAGES, args)).page)
})

test('pages of messages that are filtered are exact, and so is what is said to lie around them', async () => {
  const list = { cursors, items: at(5, 11) }
  await checkPages(list, async (args) => (await bea.get(MESSAGES, { ...args, filter: { senderId: 'usr_sam' } })).page)
})

test('pages of the timeline are exact', async () => {
  const list = { cursors, items: cursors.slice(1) }
  await checkPages(list, async (args) => (await bea.get(TIMELINE, args)).transaction?.page)
})

const transactions = async (args: PageArgs, filter?: { statuses: ['FUNDED'] }) => {
  const { page } = await bea.get(TRANSACTIONS, { ...args, ...(filter && { filter }) })
  return page
}

test('pages of transactions are exact', async () => {
  const all = (await transactions({ first: 100 })).edges.map(({ cursor }) => cursor)
  expect(all).toHaveLength(7)
  await checkPages({ cursors: all, items: all }, (args) => transactions(args))
})

test('pages of transactions that are filtered are exact, also from cursors of those that are left out', async () => {
  const all = (await transactions({ first: 100 })).edges.map(({ cursor }) => cursor)
  const items = (await transactions({ first: 100 }, { statuses: ['FUNDED'] })).edges.map(({ cursor }) => cursor)
  expect(items).toHaveLength(3)
  await checkPages({ cursors: all, items }, (args) => transactions(args, { statuses: ['FUNDED'] }))
})
