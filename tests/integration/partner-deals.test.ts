import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { graphql } from '../generated/gql.js'
import type { Caller, Deal, Person } from '../testkit/seed.js'
import { startTestService, type TestService } from '../testkit/service.js'

// The list of deals moves while it is paged. Whoever pages it from its end, against its order, gets all of it nevertheless:
// a deal only ever moves to the front, where such a reader has yet to come.

const PAGE_OF_DEALS = graphql(`
  query PartnerDealsPage($last: Int!, $before: String) {
    transactions(last: $last, before: $before) {
      nodes {
        id
      }
      pageInfo {
        hasPreviousPage
        startCursor
      }
    }
  }
`)

const COUNT = 24

let testService: TestService
let bea: Person
let partner: Caller
let deals: readonly Deal[]

beforeAll(async () => {
  testService = await startTestService()
  const { seed } = testService
  bea = await seed.person('bea')
  partner = await seed.caller({ clientId: 'shop', scopes: ['history:read'] })
  const made: Deal[] = []
  for (let nth = 0; nth < COUNT; nth += 1) {
    made.push(await seed.deal(`deal-${nth}`, { buyer: bea }, { partnerClientId: 'shop' }))
    await seed.deal(`other-${nth}`, { buyer: bea }, { partnerClientId: 'other' })
  }
  deals = made
})
afterAll(() => testService.close())

/** Reads from there to the front; `meanwhile` happens between two pages. */
async function readDeals(before: string | null, pageSize: number, meanwhile: () => Promise<void> = async () => {}) {
  const ids: string[] = []
  let cursor = before
  for (;;) {
    const { transactions } = await partner.get(PAGE_OF_DEALS, { last: pageSize, before: cursor })
    ids.push(...transactions.nodes.map(({ id }) => id).toReversed())
    cursor = transactions.pageInfo.startCursor ?? cursor
    if (!transactions.pageInfo.hasPreviousPage) return { ids, cursor }
    await meanwhile()
  }
}

const anyDeal = fc.nat({ max: COUNT - 1 })
/** What moves after each page, as long as the reader goes on. */
const anyMoves = fc.array(fc.array(anyDeal, { maxLength: 3 }), { maxLength: 12 })

test('paged from its end, the list of deals leaves none out, however they move meanwhile', async () => {
  const readWhileTheyMove = async (pageSize: number, moves: readonly (readonly number[])[]) => {
    const left = [...moves]
    const { ids } = await readDeals(null, pageSize, async () => {
      for (const nth of left.shift() ?? []) await bea.say(deals[nth] ?? expect.fail(), 'On the move')
    })
    expect(new Set(ids)).toEqual(new Set(deals.map(({ id }) => id)))
  }
  await fc.assert(fc.asyncProperty(fc.integer({ min: 1, max: 10 }), anyMoves, readWhileTheyMove), { numRuns: 15 })
}, 60_000)

test('what moved since is what lies before the cursor that one came to', async () => {
  const { cursor } = await readDeals(null, 100)
  expect((await readDeals(cursor, 100)).ids).toEqual([])
  const moved = [deals[3], deals[17], deals[3], deals[8]].map((deal) => deal ?? expect.fail())
  for (const deal of moved) await bea.say(deal, 'News')
  const registered = await testService.seed.deal('registered', { buyer: bea }, { partnerClientId: 'shop' })
  expect((await readDeals(cursor, 2)).ids).toEqual(['txn_deal-17', 'txn_deal-3', 'txn_deal-8', registered.id])
})
