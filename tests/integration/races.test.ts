import pg from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { DealLock } from '../testkit/deal-lock.js'
import { Raising } from '../testkit/raising.js'
import { type Deal, type Person, PLATFORM } from '../testkit/seed.js'
import { startTestService, type TestService } from '../testkit/service.js'
import { contentsOf } from '../testkit/sql.js'

// Whoever is in the way of somebody else is told so by Postgres, and tried again. A trigger says it as often as a test wants.

/** A conflict with another database transaction, a deadlock, a key that was just taken, a lock. */
const RACES = ['40001', '40P01', '23505', '55P03']

let testService: TestService
let bea: Person
let sam: Person
let deal: Deal
let messageId: string
let raising: Raising | undefined

beforeAll(async () => {
  testService = await startTestService()
  bea = await testService.seed.person('bea')
  sam = await testService.seed.person('sam')
})
beforeEach(async ({ task }) => {
  deal = await testService.seed.deal(task.id, { buyer: bea })
  messageId = (await bea.say(deal, 'words')).id
})
afterEach(async () => {
  vi.restoreAllMocks()
  await raising?.end()
  raising = undefined
})
afterAll(() => testService.close())

/** What is done, and the table that is written last by it. */
const ACTS: Readonly<Record<string, [table: string, act: () => Promise<unknown>]>> = {
  'a person who is registered': [
    'User',
    () => testService.service.services.user.upsert(PLATFORM, { key: `new-${deal.key}`, displayName: 'New' }),
  ],
  'a deal that is registered': ['Transaction', () => testService.seed.deal(`${deal.key}-new`, { buyer: bea })],
  'somebody who joins': ['TimelineEntry', () => deal.seat({ buyer: bea, seller: sam })],
  'a change of status': [
    'Message',
    () =>
      testService.service.services.transaction.changeStatus(PLATFORM, {
        transactionKey: deal.key,
        status: 'FUNDED',
        message: 'Paid',
        idempotencyKey: 'key',
      }),
  ],
  'an edit': ['Message', () => testService.service.services.message.edit(bea.viewer, messageId, 'other words')],
  'a deletion': ['Message', () => testService.service.services.message.delete(bea.viewer, messageId)],
}

async function raise(table: string, sqlState: string, times: number): Promise<Raising> {
  raising = await Raising.begin(testService.database.url, table, sqlState, times)
  return raising
}

describe.each(Object.entries(ACTS))('%s', (_, [table, act]) => {
  // How each is told apart is the same for all: one act meets all of them.
  const races = table === 'User' ? RACES : RACES.slice(0, 1)

  test.each(races)('that is in somebody’s way (%s) is tried again', async (sqlState) => {
    const raised = await raise(table, sqlState, 1)
    await act()
    expect(await raised.attempts()).toBeGreaterThan(1)
  })

  test.each(races)('that is in somebody’s way each time (%s) is refused, and nothing is stored', async (sqlState) => {
    const raised = await raise(table, sqlState, 1_000)
    const before = await contentsOf(testService.database.url)
    await expect(act()).rejects.toMatchObject({ name: 'ServiceUnavailableError', code: 'SERVICE_UNAVAILABLE' })
    expect(await raised.attempts()).toBeLessThanOrEqual(5)
    expect(await contentsOf(testService.database.url)).toEqual(before)
  })

  test('that Postgres refuses for another reason is tried once', async () => {
    const raised = await raise(table, '23514', 1_000)
    await expect(act()).rejects.toThrow('as the test wants it')
    expect(await raised.attempts()).toBe(1)
  })
})

test('what meets a locked deal is tried again, and done when the deal is free', async () => {
  const lock = await DealLock.hold(testService.database.url, deal.key)
  const statements = vi.spyOn(pg.Client.prototype, 'query')
  const acting = deal.changeStatus('FUNDED')
  // It has given up once.
  await vi.waitUntil(() => JSON.stringify(statements.mock.calls).includes('ROLLBACK'), { timeout: 10_000, interval: 1 })
  await lock.release()
  await acting
})
