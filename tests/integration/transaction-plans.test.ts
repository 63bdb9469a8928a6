import { afterAll, beforeAll, expect, test } from 'vitest'
import type { PageRequest } from '../../src/chat/page.js'
import type { TransactionBound, TransactionFilter, TransactionScope } from '../../src/chat/transaction/transaction.js'
import { TransactionStore } from '../../src/chat/transaction/transaction-store.js'
import { loadConfig } from '../../src/config/config.js'
import { openDatabase } from '../../src/platform/database.js'
import { fillManyDeals, MANY } from '../testkit/many-deals.js'
import { type Cost, Explainer, statementsOf } from '../testkit/plans.js'
import type { Person } from '../testkit/seed.js'
import { startTestService, type TestService } from '../testkit/service.js'

// What a page of the list costs among 20,000 deals. Times are shown, and not compared.

let testService: TestService
let explainer: Explainer
let database: ReturnType<typeof openDatabase>
let arbiter: Person
const figures: Record<string, Record<string, string>> = {}

beforeAll(async () => {
  testService = await startTestService()
  const { seed } = testService
  arbiter = await seed.person('arbiter')
  for (const key of ['agent', 'buyer']) await seed.person(key)
  await fillManyDeals(testService.database.url)
  explainer = await Explainer.connect(testService.database.url)
  const { limits } = loadConfig({})
  database = openDatabase({ url: testService.database.url, poolSize: 1, limits, onConnectionLost: () => {} })
}, 120_000)
afterAll(async () => {
  await database.close()
  await explainer.close()
  await testService.close()
  console.table(figures)
})

const at = (nth: number): TransactionBound => ({
  lastActivityAt: new Date(Date.UTC(2026, 0, 1, 0, nth)),
  key: `deal-${nth}`,
})

/** Near the newest and near the oldest, from either side. */
const PAGES: Record<string, PageRequest<TransactionBound>> = {
  'the newest': { from: 'start', size: 20, after: null, before: null },
  'late ones': { from: 'start', size: 20, after: at(2_000), before: null },
  'the oldest': { from: 'end', size: 20, after: null, before: null },
  'early ones': { from: 'end', size: 20, after: null, before: at(MANY - 2_000) },
}

const FILTERS: [string, TransactionFilter][] = [
  ['all', {}],
  ['a common status', { statuses: ['FUNDED'] }],
  ['a rare status', { statuses: ['DISPUTED'] }],
  ['three statuses', { statuses: ['DRAFT', 'DISPUTED', 'CANCELLED'] }],
  ['unread', { unread: true }],
  ['nothing unread', { unread: false }],
]

async function costsOf(scope: TransactionScope, filter: TransactionFilter): Promise<Cost[]> {
  const store = new TransactionStore(database)
  const costs: Cost[] = []
  for (const [name, request] of Object.entries(PAGES)) {
    const statements = await statementsOf(async () => {
      const page = await store.page(scope, request, filter)
      await page.hasNextPage()
      await page.hasPreviousPage()
    })
    const ofPage: Cost[] = []
    for (const statement of statements) ofPage.push(await explainer.explain(statement))
    const [{ blocks, milliseconds }] = ofPage as [Cost]
    const row = `${JSON.stringify(scope)} ${JSON.stringify(filter)}`
    figures[row] = { ...figures[row], [name]: `${blocks} blocks, ${milliseconds.toFixed(1)} ms` }
    costs.push(...ofPage)
  }
  return costs
}

const rowsOf = ({ plans }: Cost) => Math.max(...plans.map(({ rows }) => rows))

test.each(FILTERS)(
  'a partner and the platform look at no more deals of a status than a page has: %s',
  async (_, filter) => {
    for (const scope of ['ALL', { partnerClientId: 'shop' }] as const) {
      for (const cost of await costsOf(scope, filter)) expect(rowsOf(cost)).toBeLessThanOrEqual(9 * 21)
    }
  },
)

test.each(FILTERS)('what a person pays depends on the seats that they have: %s', async (_, filter) => {
  for (const [participantKey, seats] of Object.entries({ buyer: 30, agent: 1_000 })) {
    // To find a deal by its key takes at most four blocks.
    for (const { blocks } of await costsOf({ participantKey }, filter))
      expect(blocks).toBeLessThanOrEqual(20 + 4 * seats)
  }
})

test('who has a seat nearly everywhere doesn’t look at all of them for a page', async () => {
  for (const cost of await costsOf({ participantKey: 'arbiter' }, {})) expect(rowsOf(cost)).toBeLessThanOrEqual(100)
})

const INBOX = (first: number) => `{
  transactions(first: ${first}) {
    nodes {
      title status viewerUnreadCount
      lastMessage { content sender { displayName } }
      participants { role user { displayName } }
    }
    pageInfo { hasNextPage endCursor }
  }
}`

test('a list with last messages, participants and unread counts takes as many statements for 1 deal as for 10 and 100', async () => {
  const counts: number[] = []
  for (const first of [1, 10, 100]) {
    const statements = await statementsOf(async () => {
      const { data, errors } = await arbiter.ask<{ transactions: { nodes: unknown[] } }, object>(INBOX(first), {})
      expect(errors).toEqual([])
      expect(data?.transactions.nodes).toHaveLength(first)
    })
    counts.push(statements.length)
  }
  expect(counts).toEqual([counts[0], counts[0], counts[0]])
  console.log(`statements of a list: ${counts[0]}`)
})
