import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest'
import { MessageStore } from '../../src/chat/message/message-store.js'
import { DealLock } from '../testkit/deal-lock.js'
import { startTestService, type TestService } from '../testkit/service.js'
import { query } from '../testkit/sql.js'

// Each limit of the database holds as it is set.

let testService: TestService

beforeAll(async () => {
  testService = await startTestService({
    DATABASE_POOL_SIZE: '2',
    DATABASE_STATEMENT_TIMEOUT_MS: '61000',
    DATABASE_LOCK_TIMEOUT_MS: '1234',
    DATABASE_POOL_TIMEOUT_MS: '30000',
    DATABASE_IDLE_TIMEOUT_MS: '23456',
  })
  await query(
    testService.database.url,
    `CREATE FUNCTION tell_settings() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
       PERFORM pg_sleep(substring(NEW.key FROM 'slow-by-([0-9.]+)')::float);
       NEW."displayName" := current_setting(NEW."displayName");
       RETURN NEW;
     END $$`,
  )
  await query(
    testService.database.url,
    'CREATE TRIGGER tell_settings BEFORE INSERT ON "User" FOR EACH ROW EXECUTE FUNCTION tell_settings()',
  )
})
afterAll(() => testService.close())

/** What a database transaction of the service has been set to. */
async function setting(name: string, key = name): Promise<string> {
  return (await testService.seed.person(key, name)).viewer.user.displayName
}

test.each([
  ['DATABASE_STATEMENT_TIMEOUT_MS', 'statement_timeout', '61s'],
  ['DATABASE_LOCK_TIMEOUT_MS', 'lock_timeout', '1234ms'],
  ['DATABASE_IDLE_TIMEOUT_MS', 'idle_in_transaction_session_timeout', '23456ms'],
])('%s is known to Postgres', async (_, name, value) => {
  expect(await setting(name)).toBe(value)
})

test('DATABASE_STATEMENT_TIMEOUT_MS is how long the service waits for a statement, too', async () => {
  expect(await setting('statement_timeout', 'slow-by-5.7')).toBe('61s')
})

test('DATABASE_POOL_TIMEOUT_MS is how long somebody waits for a connection while all are in use', async () => {
  const two = ['a', 'b'].map((name) => setting('lock_timeout', `${name}-slow-by-2.3`))
  expect(await setting('lock_timeout', 'third')).toBe('1234ms')
  await Promise.all(two)
})

test('DATABASE_LOCK_TIMEOUT_MS is how long a send waits for its deal at most', async () => {
  const impatient = await startTestService({ DATABASE_LOCK_TIMEOUT_MS: '77' })
  onTestFinished(() => impatient.close())
  const bea = await impatient.seed.person('bea')
  const deal = await impatient.seed.deal('deal', { buyer: bea })
  const calls = vi.spyOn(MessageStore.prototype, 'send')
  const lock = await DealLock.hold(impatient.database.url, deal.key)
  await expect(bea.say(deal, 'in vain')).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' })
  await lock.release()
  expect(calls.mock.calls.map(([, { patienceMs }]) => patienceMs)).toEqual([0, 77, 77])
})
