import pg from 'pg'
import { uuidv7 } from 'uuidv7'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { SEND_MESSAGES } from '../../src/chat/message/send-statement.js'
import { startTestService, type TestService } from '../testkit/service.js'

let testService: TestService
let client: pg.Client

beforeAll(async () => {
  testService = await startTestService()
  const bea = await testService.seed.person('bea')
  await testService.seed.deal('deal', { buyer: bea })
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

/** How many rows were read so far by going through the whole history, as Postgres counts it. */
async function rowsGoneThrough(): Promise<number> {
  await client.query('SELECT pg_stat_force_next_flush()')
  const { rows } = await client.query<{ count: number }>(
    `SELECT sum(seq_tup_read)::int AS count FROM pg_stat_user_tables WHERE relname IN ('Message', 'TimelineEntry')`,
  )
  return rows[0]?.count ?? 0
}

test('a send does not go through the history, also where the plan was made and kept when everything was small', async () => {
  for (let nth = 0; nth < 10; nth += 1) await send(1)
  for (let nth = 0; nth < 10; nth += 1) await send(500)
  const before = await rowsGoneThrough()
  for (let nth = 0; nth < 10; nth += 1) await send(1)
  expect(await rowsGoneThrough()).toBe(before)
})
