import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestService, type TestService } from '../testkit/service.js'
import { contentsOf, query } from '../testkit/sql.js'

let testService: TestService

beforeAll(async () => {
  testService = await startTestService()
  const bea = await testService.seed.person('bea')
  await bea.say(await testService.seed.deal('deal', { buyer: bea }), 'Hello')
})
afterAll(() => testService.close())

test.each([
  ['UPDATE', `UPDATE "TimelineEntry" SET data = '{}'`],
  ['UPDATE', `UPDATE "TimelineEntry" SET position = position WHERE position = 1`],
  ['DELETE', `DELETE FROM "TimelineEntry" WHERE position = 1`],
  ['TRUNCATE', `TRUNCATE "TimelineEntry"`],
  ['TRUNCATE', `TRUNCATE "Transaction" CASCADE`],
  ['TRUNCATE', `TRUNCATE "Message" CASCADE`],
  ['TRUNCATE', `TRUNCATE "User" CASCADE`],
  [
    'UPDATE',
    `INSERT INTO "TimelineEntry" SELECT * FROM "TimelineEntry" ON CONFLICT ("transactionKey", position) DO UPDATE SET data = '{}'`,
  ],
])('the database refuses %s: %s', async (operation, sql) => {
  const before = await contentsOf(testService.database.url)
  await expect(query(testService.database.url, sql)).rejects.toThrow(
    `The timeline is append-only: ${operation} refused`,
  )
  expect(await contentsOf(testService.database.url)).toEqual(before)
})

test.each([
  [`DELETE FROM "Message"`],
  [`DELETE FROM "Transaction"`],
  [`DELETE FROM "User"`],
  [`UPDATE "Transaction" SET key = 'renamed'`],
])('what the timeline speaks of stays: %s is refused', async (sql) => {
  const before = await contentsOf(testService.database.url)
  await expect(query(testService.database.url, sql)).rejects.toThrow(/foreign key/)
  expect(await contentsOf(testService.database.url)).toEqual(before)
})
