import { cp, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { applyMigrations } from '../../src/platform/migrations.js'
import { createTestDatabase } from '../testkit/database.js'
import { temporaryDirectory } from '../testkit/directory.js'
import { PLATFORM } from '../testkit/seed.js'
import { MIGRATIONS_DIRECTORY, startTestService } from '../testkit/service.js'
import { query } from '../testkit/sql.js'

const THE_MIGRATION = '20261124000000_status_change_keys'

test('a key that was used before the upgrade stays used, and the entry that has it stays as it was', async () => {
  const { url, drop } = await createTestDatabase({ isEmpty: true })
  onTestFinished(drop)
  const before = temporaryDirectory()
  for (const name of await readdir(MIGRATIONS_DIRECTORY)) {
    if (name < THE_MIGRATION) await cp(join(MIGRATIONS_DIRECTORY, name), join(before, name), { recursive: true })
  }
  await applyMigrations(url, before)
  await query(
    url,
    `INSERT INTO "Transaction" ("key", "title", "status", "timelinePosition", "statusChangedAt", "createdAt", "lastActivityAt")
     VALUES ('deal', 'A bicycle', 'REFUNDED', 2, now(), now(), now())`,
  )
  await query(
    url,
    `INSERT INTO "TimelineEntry" ("transactionKey", "position", "kind", "data", "occurredAt") VALUES
       ('deal', 1, 'STATUS_CHANGED', '{"status": "FUNDED", "idempotencyKey": "payment-1"}', now()),
       ('deal', 2, 'STATUS_CHANGED', '{"status": "REFUNDED"}', now())`,
  )
  const entries = () => query(url, 'SELECT * FROM "TimelineEntry" ORDER BY "position"')
  const asBefore = await entries()

  const testService = await startTestService({ DATABASE_URL: url })
  onTestFinished(() => testService.close())
  const { transaction } = testService.service.services
  const again = { transactionKey: 'deal', status: 'FUNDED', idempotencyKey: 'payment-1' } as const
  expect(await transaction.changeStatus(PLATFORM, again)).toMatchObject({ status: 'REFUNDED', timelinePosition: 2 })
  expect(await entries()).toEqual(asBefore)
  expect(await query(url, 'SELECT "idempotencyKey" FROM "StatusChangeKey"')).toEqual([{ idempotencyKey: 'payment-1' }])
})
