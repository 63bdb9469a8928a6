import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { READ_STRETCH, readValues, type Stretch } from '../../src/chat/timeline/read-statement.js'
import { fillDeal } from '../testkit/long-deal.js'
import { startTestService, type TestService } from '../testkit/service.js'
import { query } from '../testkit/sql.js'

// Postgres must not fetch more than what a reading brings: not whole tables, however full they are.

const USERS = 20_000
const MESSAGES = 50_000

let testService: TestService
let client: pg.Client

beforeAll(async () => {
  testService = await startTestService()
  const { database, seed } = testService
  const bea = await seed.person('bea')
  await query(
    database.url,
    `INSERT INTO "User" ("key", "displayName") SELECT 'user-' || n, 'User ' || n FROM generate_series(1, ${USERS}) n`,
  )
  const senders = Array.from({ length: USERS }, (_, index) => ({ key: `user-${index + 1}` }))
  const long = await seed.deal('long', { buyer: bea })
  await fillDeal(database.url, long, senders, { count: MESSAGES, content: 'words' })
  for (const key of ['short-1', 'short-2', 'short-3']) {
    await fillDeal(database.url, await seed.deal(key, { buyer: bea }), senders, { count: 100, content: 'words' })
  }
  await query(
    database.url,
    `INSERT INTO "Participant" ("id", "transactionKey", "userKey", "role", "joinedAt")
     SELECT gen_random_uuid(), 'long', 'user-' || n, 'AGENT', now() FROM generate_series(1, ${USERS}) n`,
  )
  client = new pg.Client({ connectionString: database.url })
  await client.connect()
  await client.query('ANALYZE')
}, 60_000)
afterAll(async () => {
  await client.end()
  await testService.close()
})

interface Plan {
  readonly 'Node Type': string
  readonly 'Index Name'?: string
  readonly Plans?: readonly Plan[]
}

function nodesOf(plan: Plan): Plan[] {
  return [plan, ...(plan.Plans ?? []).flatMap(nodesOf)]
}

/** How Postgres reads a stretch: knowing what is asked for, or by the one plan for whatever may be asked. */
async function planOf(stretch: Stretch, mode: 'force_custom_plan' | 'force_generic_plan'): Promise<Plan[]> {
  await client.query(`SET plan_cache_mode = ${mode}`)
  await client.query(`PREPARE stretch AS ${READ_STRETCH.text}`)
  const values = readValues(stretch).map((value) => (value === null ? 'NULL' : client.escapeLiteral(literal(value))))
  const { rows } = await client.query(`EXPLAIN (FORMAT JSON) EXECUTE stretch (${values.join(', ')})`)
  await client.query('DEALLOCATE stretch')
  return nodesOf(rows[0]['QUERY PLAN'][0].Plan)
}

const literal = (value: unknown) => (Array.isArray(value) ? `{${value.join(',')}}` : String(value))

const MIDDLE = { transactionKey: 'long', after: MESSAGES / 2, upTo: MESSAGES / 2 + 2_000 }

test.each(['force_custom_plan', 'force_generic_plan'] as const)(
  'a stretch is read by keys alone (%s)',
  async (mode) => {
    const stretches: Stretch[] = [
      MIDDLE,
      { ...MIDDLE, readerKey: 'bea' },
      { ...MIDDLE, kinds: ['STATUS_CHANGED', 'PARTICIPANT_LEFT'], readerKey: 'bea' },
      { transactionKey: 'short-1', after: 0, upTo: 103, kinds: ['MESSAGE_SENT', 'PARTICIPANT_LEFT'], readerKey: 'bea' },
    ]
    for (const stretch of stretches) {
      const nodes = await planOf(stretch, mode)
      const types = nodes.map((node) => node['Node Type'])
      expect(types.filter((type) => /Seq Scan|Hash|Merge/.test(type))).toEqual([])
      const indexes = nodes.flatMap((node) => node['Index Name'] ?? [])
      expect(indexes).toEqual(expect.arrayContaining(['TimelineEntry_pkey', 'Message_pkey', 'User_pkey']))
    }
  },
)
