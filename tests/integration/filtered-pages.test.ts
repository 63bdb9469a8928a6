import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { encodeCursor } from '../../src/chat/timeline/timeline-cursor.js'
import type { MessageType } from '../../src/generated/prisma/client.js'
import { graphql } from '../generated/gql.js'
import { anyPageOf, type PageArgs, pageOf } from '../testkit/page-model.js'
import type { Caller } from '../testkit/seed.js'
import { startTestService, type TestService } from '../testkit/service.js'
import { query } from '../testkit/sql.js'

// Any page of any selection of a deal's messages, compared with what is picked from all of them one by one.

const FILTERED = graphql(`
  query FilteredPages($first: Int, $after: String, $last: Int, $before: String, $filter: MessageFilter) {
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
        hasNextPage
        hasPreviousPage
        startCursor
        endCursor
      }
    }
  }
`)

interface Stored {
  readonly position: number
  readonly type: MessageType
  readonly senderKey: string | null
  readonly createdAt: Date
}

const FIRST_INSTANT = Date.UTC(2026, 0, 1)
const INSTANTS = 8

let testService: TestService
let callers: Record<string, Caller>
let messages: Stored[]
let cursors: string[]

/** Forty messages of all types, of people who stay, go and come, and of the platform; several at the same instant. */
beforeAll(async () => {
  testService = await startTestService()
  const { seed, database } = testService
  const bea = await seed.person('bea')
  const [sam, ana] = [await seed.person('sam'), await seed.person('ana')]
  await seed.person('zoe')
  const deal = await seed.deal('deal', { buyer: bea, seller: sam, agent: ana }, { partnerClientId: 'shop' })
  callers = { 'a person': bea, 'a partner': await seed.caller({ clientId: 'shop', scopes: ['history:read'] }) }
  for (let nth = 0; nth < 40; nth += 1) {
    if (nth === 20) await deal.seat({ buyer: bea, seller: sam })
    if (nth % 4 === 3) await deal.changeStatus(nth % 8 === 3 ? 'FUNDED' : 'SHIPPED', 'The platform speaks.')
    else await ([bea, sam, nth < 20 ? ana : bea][nth % 3] ?? bea).say(deal, `message ${nth}`)
  }
  await query(database.url, `UPDATE "Message" SET "type" = 'IMAGE' WHERE "type" = 'TEXT' AND "sequence" % 5 = 0`)
  await query(
    database.url,
    `UPDATE "Message" SET "createdAt" = $1::timestamptz + ("sequence" / 6) * interval '1 second'`,
    [new Date(FIRST_INSTANT)],
  )
  messages = await query<Stored>(
    database.url,
    `SELECT "position", "type", "senderKey", "createdAt" FROM "Message" ORDER BY "position"`,
  )
  const head = messages.at(-1)?.position ?? 0
  cursors = Array.from({ length: head + 1 }, (_, position) => encodeCursor('deal', position))
})
afterAll(() => testService.close())

const instant = fc
  .integer({ min: -1, max: INSTANTS })
  .map((seconds) => new Date(FIRST_INSTANT + seconds * 1000).toISOString())
const anyFilter = fc.record(
  {
    types: fc.array(fc.constantFrom<MessageType>('TEXT', 'IMAGE', 'SYSTEM'), { maxLength: 4 }),
    senderId: fc.constantFrom('usr_bea', 'usr_sam', 'usr_ana', 'usr_zoe', 'usr_nobody'),
    sentAfter: instant,
    sentBefore: instant,
  },
  { requiredKeys: [] },
)
type Filter = typeof anyFilter extends fc.Arbitrary<infer Value> ? Value : never

function matches({ type, senderKey, createdAt }: Stored, { types, senderId, sentAfter, sentBefore }: Filter): boolean {
  return (
    (types === undefined || types.includes(type)) &&
    (senderId === undefined || `usr_${senderKey}` === senderId) &&
    (sentAfter === undefined || createdAt >= new Date(sentAfter)) &&
    (sentBefore === undefined || createdAt < new Date(sentBefore))
  )
}

test.each(['a person', 'a partner'])(
  'pages of any selection are exact, and so is what is said to lie around them, to %s',
  async (name) => {
    const caller = callers[name] ?? expect.fail()
    expect(new Set(messages.map(({ type }) => type)).size).toBe(3)
    const anyPage = fc.tuple(anyFilter, anyPageOf({ cursors, items: [] }))
    const checkPage = async ([filter, args]: [Filter, PageArgs]) => {
      const selected = messages.filter((message) => matches(message, filter))
      const items = selected.map(({ position }) => cursors[position] ?? '')
      expect((await caller.get(FILTERED, { ...args, filter })).page).toEqual(pageOf({ cursors, items }, args))
    }
    await fc.assert(fc.asyncProperty(anyPage, checkPage), { numRuns: 150 })
  },
  60_000,
)
