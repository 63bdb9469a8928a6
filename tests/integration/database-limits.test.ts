import { afterAll, beforeAll, expect, inject, onTestFinished, test, vi } from 'vitest'
import { MessageStore } from '../../src/chat/message/message-store.js'
import { DealLock } from '../testkit/deal-lock.js'
import { PostgresProxy } from '../testkit/postgres-proxy.js'
import { PLATFORM } from '../testkit/seed.js'
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
  await makeSlow(testService.database.url)
})
afterAll(() => testService.close())

/** Has each new person take as long as their key says, and be called as a setting is. */
async function makeSlow(databaseUrl: string): Promise<void> {
  await query(
    databaseUrl,
    `CREATE FUNCTION tell_settings() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
       PERFORM pg_sleep(substring(NEW.key FROM 'slow-by-([0-9.]+)')::float);
       NEW."displayName" := current_setting(NEW."displayName");
       RETURN NEW;
     END $$`,
  )
  await query(
    databaseUrl,
    'CREATE TRIGGER tell_settings BEFORE INSERT ON "User" FOR EACH ROW EXECUTE FUNCTION tell_settings()',
  )
}

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

test('DATABASE_POOL_TIMEOUT_MS is how long at most', async () => {
  const impatient = await startTestService({ DATABASE_POOL_SIZE: '2', DATABASE_POOL_TIMEOUT_MS: '100' })
  onTestFinished(() => impatient.close())
  await makeSlow(impatient.database.url)
  const { user } = impatient.service.services
  const two = ['a', 'b'].map((name) => impatient.seed.person(`${name}-slow-by-2.3`, 'lock_timeout'))
  const asleep = `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'`
  await vi.waitUntil(async () => (await query(impatient.database.url, asleep)).length === 2)
  const third = user.findVisible(PLATFORM, ['third'])
  await expect(Promise.race([third, ...two])).rejects.toThrow(/timeout exceeded when trying to connect/)
  await Promise.all(two)
})

test('a server that hangs is waited for as long as a statement may take, and half a second', async () => {
  const proxy = await PostgresProxy.start(inject('postgresUrl'))
  const impatient = await startTestService((database) => ({
    DATABASE_URL: proxy.urlOf(database.url),
    DATABASE_STATEMENT_TIMEOUT_MS: '500',
  }))
  const { user, transaction } = impatient.service.services
  await impatient.seed.person('bea')
  proxy.hang()
  // Nobody is asked over the network, where an answer is due in any case.
  await expect(user.findVisible(PLATFORM, ['bea'])).rejects.toThrow()
  const participants = [{ userKey: 'bea', role: 'BUYER' as const }]
  const deal = { key: 'deal', title: 'A bicycle', status: 'DRAFT' as const, participants }
  await expect(transaction.upsert(PLATFORM, deal)).rejects.toThrow()
  proxy.goOn()
  await impatient.close()
  await proxy.close()
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
