import pg from 'pg'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { type Deal, type Person, PLATFORM } from '../testkit/seed.js'
import { startTestService, type TestService } from '../testkit/service.js'
import { query } from '../testkit/sql.js'

// Registering fifty people takes as many statements as registering two.

const MOST = 50

let testService: TestService
let bea: Person

beforeAll(async () => {
  testService = await startTestService()
  bea = await testService.seed.person('bea')
  await query(
    testService.database.url,
    `INSERT INTO "User" ("key", "displayName") SELECT 'agent-' || nth, 'Agent ' || nth FROM generate_series(1, $1::int) nth`,
    [MOST],
  )
})
afterEach(() => vi.restoreAllMocks())
afterAll(() => testService.close())

async function seatCrowd(deal: Deal, size: number, role: 'AGENT' | 'SELLER' = 'AGENT'): Promise<number> {
  const statements = vi.spyOn(pg.Client.prototype, 'query')
  const crowd = Array.from({ length: size }, (_, nth) => ({ userKey: `agent-${nth + 1}`, role }))
  const participants = [{ userKey: bea.key, role: 'BUYER' as const }, ...crowd]
  await testService.service.services.transaction.upsert(PLATFORM, {
    key: deal.key,
    title: 'A crowded deal',
    status: 'DRAFT',
    participants,
  })
  const count = statements.mock.calls.length
  statements.mockRestore()
  return count
}

const seated = async (deal: Deal) => {
  const seats = `SELECT FROM "Participant" WHERE "transactionKey" = $1 AND "leftAt" IS NULL`
  return (await query(testService.database.url, seats, [deal.key])).length
}

test('as many statements are needed for a crowd as for one more, when they come, change roles, go and come back', async () => {
  const small = await testService.seed.deal('small', { buyer: bea })
  const large = await testService.seed.deal('large', { buyer: bea })
  for (const [size, role] of [
    [MOST - 1, 'AGENT'],
    [MOST - 1, 'SELLER'],
    [0, 'AGENT'],
    [MOST - 1, 'AGENT'],
  ] as const) {
    const few = await seatCrowd(small, Math.min(size, 1), role)
    expect(await seatCrowd(large, size, role)).toBe(few)
    expect(await seated(large)).toBe(size + 1)
  }
  expect(await seatCrowd(large, MOST - 1)).toBe(await seatCrowd(small, 1))
})
