import pg from 'pg'
import { uuidv7 } from 'uuidv7'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { SEND_MESSAGES, type SendRow } from '../../src/chat/message/send-statement.js'
import { startTestService, type TestService } from '../testkit/service.js'

let testService: TestService
let client: pg.Client

beforeAll(async () => {
  testService = await startTestService()
  const bea = await testService.seed.person('bea')
  const sam = await testService.seed.person('sam')
  await testService.seed.deal('deal', { buyer: bea })
  await testService.seed.deal('pair', { buyer: bea, seller: sam })
  client = new pg.Client({ connectionString: testService.database.url })
  await client.connect()
})
afterAll(async () => {
  await client.end()
  await testService.close()
})

async function send(count: number): Promise<void> {
  const ids = Array.from({ length: count }, () => uuidv7())
  const all = (value: unknown) => ids.map(() => value)
  const values = [ids, all('deal'), all('bea'), all('TEXT'), all('Hello'), all(null), ids, 0, []]
  await client.query({ ...SEND_MESSAGES, values })
}

/** How many rows were read so far by going through all messages, entries or seats, as Postgres counts it. */
async function rowsGoneThrough(): Promise<number> {
  await client.query('SELECT pg_stat_force_next_flush()')
  const { rows } = await client.query<{ count: number }>(
    `SELECT sum(seq_tup_read)::int AS count FROM pg_stat_user_tables
     WHERE relname IN ('Message', 'TimelineEntry', 'Participant')`,
  )
  return rows[0]?.count ?? 0
}

/** So many deals more, each with Bea in it. */
async function register(count: number): Promise<void> {
  await client.query(
    `INSERT INTO "Transaction" ("key", "title", "status", "statusChangedAt", "createdAt", "lastActivityAt")
     SELECT 'other ' || nth, 'Another', 'DRAFT', now(), now(), now() FROM generate_series(1, $1) AS nth`,
    [count],
  )
  await client.query(
    `INSERT INTO "Participant" ("id", "transactionKey", "userKey", "role", "joinedAt")
     SELECT gen_random_uuid(), 'other ' || nth, 'bea', 'BUYER', now() FROM generate_series(1, $1) AS nth`,
    [count],
  )
}

test('the last that is stored of each deal says who takes part, whatever stands between', async () => {
  const deals = ['deal', 'nowhere', 'pair', 'deal', 'pair', 'deal']
  const all = (value: unknown) => deals.map(() => value)
  const senders = deals.map((_, nth) => (nth === 5 ? 'sam' : 'bea'))
  const ids = deals.map(() => uuidv7())
  const values = [ids, deals, senders, all('TEXT'), all('Hello'), all(null), all(null), 0, []]
  const { rows } = await client.query<SendRow & { seatedKeys: string[] | null }>({ ...SEND_MESSAGES, values })
  const answers = rows.map(({ outcome, seatedKeys }) => [outcome, seatedKeys?.toSorted() ?? null])
  expect(answers).toEqual([
    ['SENT', null],
    ['NOT_FOUND', null],
    ['SENT', null],
    ['SENT', ['bea']],
    ['SENT', ['bea', 'sam']],
    ['NOT_FOUND', null],
  ])
})

test('a send goes neither through the history nor through the seats, also where the plan was made and kept when everything was small', async () => {
  for (let nth = 0; nth < 10; nth += 1) await send(1)
  for (let nth = 0; nth < 10; nth += 1) await send(500)
  await register(5_000)
  const before = await rowsGoneThrough()
  for (let nth = 0; nth < 10; nth += 1) await send(1)
  expect(await rowsGoneThrough()).toBe(before)
})
