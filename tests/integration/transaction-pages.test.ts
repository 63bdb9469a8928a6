import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { encodeTransactionCursor } from '../../src/chat/transaction/transaction-cursor.js'
import type { TransactionStatus } from '../../src/generated/prisma/client.js'
import { graphql } from '../generated/gql.js'
import { anyPageOf, type PageArgs, pageOf } from '../testkit/page-model.js'
import type { Caller } from '../testkit/seed.js'
import { startTestService, type TestService } from '../testkit/service.js'
import { query } from '../testkit/sql.js'

// Any page of any selection of the deals that a caller sees, compared with what is picked from all of them one by one.

const LIST = graphql(`
  query TransactionPages($first: Int, $after: String, $last: Int, $before: String, $filter: TransactionFilter) {
    page: transactions(first: $first, after: $after, last: $last, before: $before, filter: $filter) {
      edges {
        cursor
      }
      pageInfo {
        hasNextPage
        hasPreviousPage
        startCursor
        endCursor
      }
    }
  }
`)

const STATUSES: readonly TransactionStatus[] = ['DRAFT', 'FUNDED', 'DISPUTED']

interface Listed {
  readonly key: string
  readonly status: TransactionStatus
  readonly partnerClientId: string | null
  readonly lastActivityAt: Date
  /** Of bea; null without a seat. */
  readonly unread: number | null
}

let testService: TestService
/** In the order of the list. */
let deals: Listed[]
let cursors: string[]
const callers: Record<string, { caller: Caller; sees: (deal: Listed) => boolean; unread: (deal: Listed) => number }> =
  {}

/** Thirty deals in three statuses, of two partners and of none, bea in most of them; five at a time at the same instant. */
beforeAll(async () => {
  testService = await startTestService()
  const { seed, database } = testService
  const [bea, sam] = [await seed.person('bea'), await seed.person('sam')]
  for (let nth = 0; nth < 30; nth += 1) {
    const partnerClientId = ['shop', 'other'][nth % 3]
    const people = nth % 5 === 0 ? { seller: sam } : { buyer: bea, seller: sam }
    const deal = await seed.deal(`deal-${nth}`, people, partnerClientId === undefined ? {} : { partnerClientId })
    const status = STATUSES[(nth * 7) % 3]
    if (status && status !== 'DRAFT') await deal.changeStatus(status)
    if (nth % 4 < 2) await sam.say(deal, 'Hello')
    if (nth % 4 === 1 && nth % 5 !== 0) await bea.say(deal, 'I have seen it.')
    if (nth % 11 === 10) await deal.seat({ seller: sam })
  }
  await query(
    database.url,
    `UPDATE "Transaction" SET "lastActivityAt" =
       '2026-01-01Z'::timestamptz + (substring("key" FROM '[0-9]+')::int * 7 % 30 / 5) * interval '1 second'`,
  )
  deals = await query<Listed>(
    database.url,
    `SELECT t."key", t."status", t."partnerClientId", t."lastActivityAt", t."messageCount" - p."unreadFromSequence" AS unread
     FROM "Transaction" t
     LEFT JOIN "Participant" p ON p."transactionKey" = t."key" AND p."userKey" = 'bea' AND p."leftAt" IS NULL
     ORDER BY t."lastActivityAt" DESC, t."key" DESC`,
  )
  cursors = deals.map(encodeTransactionCursor)
  const partner = await seed.caller({ clientId: 'shop', scopes: ['history:read'] })
  const platform = await seed.caller({ scopes: ['platform'] })
  callers['a person'] = { caller: bea, sees: ({ unread }) => unread !== null, unread: ({ unread }) => unread ?? 0 }
  callers['a partner'] = { caller: partner, sees: (deal) => deal.partnerClientId === 'shop', unread: () => 0 }
  callers['the platform'] = { caller: platform, sees: () => true, unread: () => 0 }
})
afterAll(() => testService.close())

const anyFilter = fc.record(
  { statuses: fc.array(fc.constantFrom(...STATUSES, 'CANCELLED' as const), { maxLength: 4 }), unread: fc.boolean() },
  { requiredKeys: [] },
)
type Filter = typeof anyFilter extends fc.Arbitrary<infer Value> ? Value : never

test.each(['a person', 'a partner', 'the platform'])(
  'pages of any selection are exact, to %s',
  async (name) => {
    const { caller, sees, unread } = callers[name] ?? expect.fail()
    const checkPage = async ([filter, args]: [Filter, PageArgs]) => {
      const items = deals.flatMap((deal, index) => {
        const isStatus = filter.statuses === undefined || filter.statuses.includes(deal.status)
        const isUnread = filter.unread === undefined || unread(deal) > 0 === filter.unread
        return sees(deal) && isStatus && isUnread ? [cursors[index] ?? ''] : []
      })
      expect((await caller.get(LIST, { ...args, filter })).page).toEqual(pageOf({ cursors, items }, args))
    }
    const anyPage = fc.tuple(anyFilter, anyPageOf({ cursors, items: [] }))
    await fc.assert(fc.asyncProperty(anyPage, checkPage), { numRuns: 80 })
  },
  60_000,
)
