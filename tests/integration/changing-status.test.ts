import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { StatusChangeInput } from '../../src/chat/transaction/transaction.js'
import { type Deal, type Person, PLATFORM } from '../testkit/seed.js'
import { startTestService, type TestService } from '../testkit/service.js'
import { contentsOf, query } from '../testkit/sql.js'

let testService: TestService
let bea: Person
let deal: Deal

beforeAll(async () => {
  testService = await startTestService()
  bea = await testService.seed.person('bea')
})
beforeEach(async ({ task }) => {
  deal = await testService.seed.deal(task.id, { buyer: bea }) // positions 1 and 2
})
afterAll(() => testService.close())

const change = (input: Omit<StatusChangeInput, 'transactionKey'>) =>
  testService.service.services.transaction.changeStatus(PLATFORM, { transactionKey: deal.key, ...input })
const stored = () => contentsOf(testService.database.url)

describe('a change of status', () => {
  test('is in the timeline, with what was said as a message of the platform right after it, in one commit', async () => {
    const transaction = await change({ status: 'FUNDED', message: 'The money is there.' })
    expect(transaction).toMatchObject({ status: 'FUNDED', messageCount: 1, timelinePosition: 4 })
    expect(transaction.statusChangedAt).toEqual(transaction.lastActivityAt)
    const entries = await query(
      testService.database.url,
      `SELECT e.position, e.kind::text, e.data, m.sequence, m.type::text, m.content, m."senderKey",
              e.xmin = t.xmin AND (m.xmin IS NULL OR m.xmin = t.xmin) AS "isOneCommit"
       FROM "TimelineEntry" e JOIN "Transaction" t ON t.key = e."transactionKey" LEFT JOIN "Message" m ON m.id = e."messageId"
       WHERE e."transactionKey" = $1 AND e.position > 2 ORDER BY e.position`,
      [deal.key],
    )
    expect(entries).toMatchObject([
      {
        position: 3,
        kind: 'STATUS_CHANGED',
        data: { previousStatus: 'DRAFT', status: 'FUNDED', message: 'The money is there.' },
        isOneCommit: true,
      },
      {
        position: 4,
        kind: 'MESSAGE_SENT',
        data: { content: 'The money is there.' },
        sequence: 1,
        type: 'SYSTEM',
        content: 'The money is there.',
        senderKey: null,
        isOneCommit: true,
      },
    ])
  })

  test('without a message is no message', async () => {
    expect(await change({ status: 'FUNDED' })).toMatchObject({ messageCount: 0, timelinePosition: 3 })
  })

  test('to the status that it has writes nothing', async () => {
    const first = await change({ status: 'FUNDED' })
    const before = await stored()
    expect(await change({ status: 'FUNDED', message: 'Said in vain' })).toEqual(first)
    expect(await stored()).toEqual(before)
  })

  test('under a key that was used writes nothing, whatever it says', async () => {
    await change({ status: 'FUNDED', idempotencyKey: 'payment-1' })
    await change({ status: 'DISPUTED', idempotencyKey: 'dispute-1' })
    const before = await stored()
    expect(await change({ status: 'FUNDED', idempotencyKey: 'payment-1' })).toMatchObject({ status: 'DISPUTED' })
    expect(await change({ status: 'REFUNDED', idempotencyKey: 'payment-1' })).toMatchObject({ status: 'DISPUTED' })
    expect(await stored()).toEqual(before)
  })

  test('under a key that was first used when there was nothing to change doesn’t turn the status back', async () => {
    await change({ status: 'FUNDED' })
    await change({ status: 'FUNDED', idempotencyKey: 'payment-1' })
    await change({ status: 'REFUNDED' })
    const before = await stored()
    expect(await change({ status: 'FUNDED', idempotencyKey: 'payment-1' })).toMatchObject({ status: 'REFUNDED' })
    expect(await change({ status: 'DRAFT', idempotencyKey: 'payment-1' })).toMatchObject({ status: 'REFUNDED' })
    expect(await stored()).toEqual(before)
  })

  test('under one key ten times at once is one change', async () => {
    const statuses = ['FUNDED', 'SHIPPED'] as const
    await Promise.all(
      Array.from({ length: 10 }, (_, nth) =>
        change({ status: statuses[nth % 2] ?? 'FUNDED', message: 'Said', idempotencyKey: 'once' }),
      ),
    )
    const [row] = await query(
      testService.database.url,
      'SELECT "messageCount", "timelinePosition" FROM "Transaction" WHERE key = $1',
      [deal.key],
    )
    expect(row).toEqual({ messageCount: 1, timelinePosition: 4 })
  })

  test('may use a key that another transaction used', async () => {
    await change({ status: 'FUNDED', idempotencyKey: 'same' })
    deal = await testService.seed.deal(`${deal.key}-other`, { buyer: bea })
    expect(await change({ status: 'FUNDED', idempotencyKey: 'same' })).toMatchObject({ status: 'FUNDED' })
  })

  test('among messages that are sent at once leaves no gap', async () => {
    await Promise.all([
      ...Array.from({ length: 20 }, () => bea.say(deal, 'Hello')),
      change({ status: 'FUNDED', message: 'one' }),
      change({ status: 'SHIPPED', message: 'two' }),
    ])
    const rows = await query<{ position: number; sequence: number | null }>(
      testService.database.url,
      `SELECT e.position, m.sequence FROM "TimelineEntry" e LEFT JOIN "Message" m ON m.id = e."messageId"
       WHERE e."transactionKey" = $1 ORDER BY 1`,
      [deal.key],
    )
    expect(rows.map(({ position }) => position)).toEqual(Array.from({ length: 26 }, (_, index) => index + 1))
    const sequences = rows.flatMap(({ sequence }) => sequence ?? [])
    expect(sequences).toEqual(Array.from({ length: 22 }, (_, index) => index + 1))
  })
})

describe('what is refused, and nothing is stored:', () => {
  test.each<[string, Partial<StatusChangeInput>, string, string]>([
    ['a blank message', { message: ' ' }, 'BAD_USER_INPUT', 'message'],
    ['a message of 10,001 characters', { message: 'x'.repeat(10_001) }, 'BAD_USER_INPUT', 'message'],
    ['an empty key', { idempotencyKey: '' }, 'BAD_USER_INPUT', 'idempotencyKey'],
    ['a key of 129 characters', { idempotencyKey: 'k'.repeat(129) }, 'BAD_USER_INPUT', 'idempotencyKey'],
    [
      'a transaction that is not there',
      { transactionKey: 'nowhere', idempotencyKey: 'lost' },
      'NOT_FOUND',
      'transactionId',
    ],
  ])('%s', async (_, input, code, field) => {
    const before = await stored()
    const refused = change({ status: 'FUNDED', ...input })
    await expect(refused).rejects.toMatchObject({ code, details: { field } })
    expect(await stored()).toEqual(before)
  })
})
