import type { TypedDocumentNode } from '@graphql-typed-document-node/core'
import fc from 'fast-check'
import { print } from 'graphql'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { decodeCursor } from '../../src/chat/timeline/timeline-cursor.js'
import { graphql } from '../generated/gql.js'
import { actAtOnce, anyActs } from '../realtime/timeline-acts.js'
import type { Caller, Deal, Person } from '../testkit/seed.js'
import { startTestService, type TestService } from '../testkit/service.js'
import { query } from '../testkit/sql.js'
import { connect } from '../testkit/websocket-client.js'

// A partner reads a whole history page by page, while everybody talks; compared with what is stored.

const CRAWL_TIMELINE = graphql(`
  query PartnerCrawlTimeline($id: ID!, $first: Int, $after: String, $last: Int, $before: String) {
    transaction(id: $id) {
      list: timeline(first: $first, after: $after, last: $last, before: $before) {
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
  }
`)

const CRAWL_MESSAGES = graphql(`
  query PartnerCrawlMessages(
    $id: ID!
    $first: Int
    $after: String
    $last: Int
    $before: String
    $filter: MessageFilter
  ) {
    list: messages(transactionId: $id, first: $first, after: $after, last: $last, before: $before, filter: $filter) {
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

/** What is read: everything, all messages, or those until or from the instant at which half was said. */
type What = 'timeline' | 'messages' | 'until' | 'from'

interface Crawler {
  readonly what: What
  readonly direction: 'forward' | 'backward'
  readonly pageSize: number
  readonly door: 'http' | 'socket'
}

const anyCrawler: fc.Arbitrary<Crawler> = fc.record({
  what: fc.constantFrom<What>('timeline', 'messages', 'until', 'from'),
  direction: fc.constantFrom('forward', 'backward'),
  pageSize: fc.oneof(fc.integer({ min: 1, max: 9 }), fc.constant(100)),
  door: fc.constantFrom('http', 'socket'),
})

interface Page {
  readonly edges: readonly { readonly cursor: string }[]
  readonly pageInfo: {
    readonly hasNextPage: boolean
    readonly hasPreviousPage: boolean
    readonly startCursor: string | null
    readonly endCursor: string | null
  }
}

interface PageArgs {
  readonly first?: number
  readonly after?: string
  readonly last?: number
  readonly before?: string
}

let testService: TestService
let people: readonly [Person, Person, Person]
let partner: Caller
let deals = 0

beforeAll(async () => {
  testService = await startTestService()
  const { seed } = testService
  people = [await seed.person('bea'), await seed.person('sam'), await seed.person('ana')]
  partner = await seed.caller({ clientId: 'shop', scopes: ['history:read'] })
})
afterAll(() => testService.close())

async function newDeal(): Promise<Deal> {
  deals += 1
  const [bea, sam, ana] = people
  return testService.seed.deal(`crawl-${deals}`, { buyer: bea, seller: sam, agent: ana }, { partnerClientId: 'shop' })
}

const filterOf = (what: What, half: string) => {
  if (what === 'until') return { sentBefore: half }
  return what === 'from' ? { sentAfter: half } : null
}

/** Asks for one page, over whichever door. */
async function readPage(deal: Deal, { what, door }: Crawler, half: string, args: PageArgs): Promise<Page> {
  const ask: Ask = door === 'http' ? (...question) => partner.get(...question) : askOverSocket
  if (what === 'timeline') {
    const { transaction } = await ask(CRAWL_TIMELINE, { id: deal.id, ...args })
    return transaction?.list ?? expect.fail()
  }
  return (await ask(CRAWL_MESSAGES, { id: deal.id, ...args, filter: filterOf(what, half) })).list
}

type Ask = <Data, Variables extends Record<string, unknown>>(
  document: TypedDocumentNode<Data, Variables>,
  variables: Variables,
) => Promise<Data>

const askOverSocket: Ask = async <Data, Variables extends Record<string, unknown>>(
  document: TypedDocumentNode<Data, Variables>,
  variables: Variables,
) => {
  const client = connect(testService.webSocketUrl, partner.token)
  try {
    for await (const { data } of client.iterate<Data>({ query: print(document), variables })) if (data) return data
    throw new Error('No data')
  } finally {
    await client.dispose()
  }
}

/** The positions that a crawler reads, in its order; it goes on until everybody has spoken and nothing is left. */
async function crawl(deal: Deal, crawler: Crawler, half: string, writing: { isOver: boolean }): Promise<number[]> {
  const { direction, pageSize } = crawler
  const positions: number[] = []
  const note = ({ edges }: Page) => {
    const scope = { transactionKey: deal.key, head: Number.MAX_SAFE_INTEGER }
    const read = edges.map(({ cursor }) => decodeCursor(cursor, 'after', scope))
    positions.push(...(direction === 'forward' ? read : read.toReversed()))
  }
  let cursor: string | null = null
  for (;;) {
    const { isOver } = writing
    const end = direction === 'forward' ? { first: pageSize } : { last: pageSize }
    const bound = cursor === null ? {} : direction === 'forward' ? { after: cursor } : { before: cursor }
    const page = await readPage(deal, crawler, half, { ...end, ...bound })
    note(page)
    const { hasNextPage, hasPreviousPage, startCursor, endCursor } = page.pageInfo
    cursor = (direction === 'forward' ? endCursor : startCursor) ?? cursor
    if (direction === 'forward' ? !hasNextPage && isOver : !hasPreviousPage) return positions
  }
}

/** What is there to read, by position. */
async function stored(deal: Deal, what: What, half: string): Promise<number[]> {
  const rows = await query<{ position: number; isMessage: boolean; isUntil: boolean }>(
    testService.database.url,
    `SELECT e."position", m."id" IS NOT NULL AS "isMessage", m."createdAt" < $2 AS "isUntil"
     FROM "TimelineEntry" e
     LEFT JOIN "Message" m ON m."transactionKey" = e."transactionKey" AND m."position" = e."position"
     WHERE e."transactionKey" = $1 ORDER BY e."position"`,
    [deal.key, half],
  )
  const wanted = rows.filter(({ isMessage, isUntil }) => {
    if (what === 'timeline') return true
    return isMessage && (what === 'messages' || isUntil === (what === 'until'))
  })
  return wanted.map(({ position }) => position)
}

test('whoever pages while others write reads every entry exactly once and in order, from either end, filtered or not', async () => {
  const crawlWhileOthersWrite = async (
    before: Parameters<typeof actAtOnce>[3],
    meanwhile: Parameters<typeof actAtOnce>[3],
    crawlers: readonly Crawler[],
  ) => {
    const deal = await newDeal()
    const { services } = testService.service
    await actAtOnce(services, deal, people, before)
    const half = (await people[0].say(deal, 'Half of it is said.')).createdAt.toISOString()
    const writing = { isOver: false }
    const write = async () => {
      await actAtOnce(services, deal, people, meanwhile)
      writing.isOver = true
    }
    const [, ...readByAll] = await Promise.all([
      write(),
      ...crawlers.map((crawler) => crawl(deal, crawler, half, writing)),
    ])
    for (const [index, { what, direction }] of crawlers.entries()) {
      const read = readByAll[index] ?? []
      const all = await stored(deal, what, half)
      // Backwards, it is all up to where one begins.
      expect(read).toEqual(direction === 'forward' ? all : all.slice(0, read.length).toReversed())
      if (what === 'until') expect(read).toHaveLength(all.length)
    }
  }
  await fc.assert(
    fc.asyncProperty(anyActs, anyActs, fc.array(anyCrawler, { minLength: 4, maxLength: 8 }), crawlWhileOthersWrite),
    { numRuns: 5, endOnFailure: true },
  )
}, 120_000)

test('a cursor is good for another client, after a restart of the service, and for every list of the deal', async () => {
  const deal = await newDeal()
  for (let nth = 1; nth <= 5; nth += 1) await people[0].say(deal, `message ${nth}`)
  const crawler: Crawler = { what: 'timeline', direction: 'forward', pageSize: 6, door: 'http' }
  const first = await readPage(deal, crawler, '', { first: 6 })
  const after = first.pageInfo.endCursor ?? ''
  const restarted = await testService.startAnotherNode()
  try {
    const again = await restarted.seed.caller({ clientId: 'shop', scopes: ['history:read'] })
    const variables = { id: deal.id, first: 100, after }
    const { transaction } = await again.get(CRAWL_TIMELINE, variables)
    const { list } = await again.get(CRAWL_MESSAGES, { ...variables, filter: { types: ['TEXT'] } })
    expect(first.edges).toHaveLength(6)
    expect(transaction?.list.edges).toHaveLength(3)
    expect(list?.edges).toEqual(transaction?.list.edges)
  } finally {
    await restarted.close()
  }
})
