import pg from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { SEND_MESSAGES } from '../../src/chat/message/send-statement.js'
import type { Deal, Person } from '../testkit/seed.js'
import { startTestService, type TestService } from '../testkit/service.js'
import { contentsOf, query } from '../testkit/sql.js'
import { countTo } from '../testkit/timeline-documents.js'

// A trigger raises an error for one message of a batch, and with it Postgres rejects all that was sent in that call.

const GUILTY = 12
const COUNT = 20

let testService: TestService
let bea: Person
let sam: Person
let deal: Deal
let calls: { mock: { calls: unknown[][] } }

beforeAll(async () => {
  testService = await startTestService()
  bea = await testService.seed.person('bea')
  sam = await testService.seed.person('sam')
  await query(testService.database.url, 'CREATE SEQUENCE raised')
})
beforeEach(async ({ task }) => {
  deal = await testService.seed.deal(task.id, { buyer: bea, seller: sam })
  calls = vi.spyOn(pg.Client.prototype, 'query')
})
afterEach(async () => {
  vi.restoreAllMocks()
  await query(testService.database.url, 'DROP FUNCTION raise() CASCADE')
})
afterAll(() => testService.close())

/** From now on a message with this content raises this SQLSTATE, every time or only the first. */
async function raise(sqlState: string, how: 'always' | 'once'): Promise<void> {
  const { url } = testService.database
  // A sequence counts on, also when what it counted is rolled back.
  await query(url, 'ALTER SEQUENCE raised RESTART')
  const isOver = how === 'once' ? `nextval('raised') > 1` : 'false'
  await query(
    url,
    `CREATE FUNCTION raise() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
       IF ${isOver} THEN RETURN NEW; END IF;
       RAISE EXCEPTION 'as the test wants it' USING ERRCODE = '${sqlState}';
     END $$`,
  )
  await query(
    url,
    `CREATE TRIGGER raise BEFORE INSERT ON "Message" FOR EACH ROW WHEN (NEW.content = '${GUILTY}')
     EXECUTE FUNCTION raise()`,
  )
}

/** Numbered messages, all sent at once. */
const sendAll = () =>
  Promise.allSettled(countTo(COUNT).map((nth) => (nth % 2 === 0 ? bea : sam).say(deal, String(nth))))

/** How many messages each call of the database had, in the order of the calls. */
const callSizes = () =>
  calls.mock.calls
    .map(([statement]) => statement as { name?: string; values: unknown[][] })
    .filter(({ name }) => name === SEND_MESSAGES.name)
    .map(({ values }) => values[0]?.length)

const ONE_BY_ONE = [COUNT, ...countTo(COUNT).map(() => 1)]

const stored = () =>
  query<{ id: string; content: string; sequence: number }>(
    testService.database.url,
    'SELECT id, content, sequence FROM "Message" WHERE "transactionKey" = $1 ORDER BY sequence',
    [deal.key],
  )

/** What is stored is what was acknowledged, in the order in which it was sent and without a gap. */
async function expectStored(answers: Awaited<ReturnType<typeof sendAll>>, contents: readonly number[]): Promise<void> {
  const rows = await stored()
  expect(rows).toMatchObject(contents.map((nth, index) => ({ content: String(nth), sequence: index + 1 })))
  const messages = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []))
  expect(messages.map(({ id, content, sequence }) => ({ id, content, sequence }))).toEqual(rows)
}

describe('when one message of a batch is to blame', () => {
  // Data, constraints, and what may pass but doesn't.
  test.each(['22003', '22P05', '23502', '23514', '40001', '40P01'])(
    'by %s it alone is refused, and the others are stored one by one',
    async (sqlState) => {
      await raise(sqlState, 'always')
      const answers = await sendAll()
      // Postgres tells of an error before it lets the deal go: who comes in between finds it locked, and is sent once more.
      expect(callSizes().slice(0, ONE_BY_ONE.length)).toEqual(ONE_BY_ONE)
      expect(answers[GUILTY - 1]).toMatchObject({ status: 'rejected', reason: { cause: { code: sqlState } } })
      await expectStored(
        answers,
        countTo(COUNT).filter((nth) => nth !== GUILTY),
      )
    },
  )

  // A conflict with another database transaction, a deadlock, a lock on something else than the deal.
  test.each(['40001', '40P01', '55P03'])('by %s, and it passes, all of it is stored one by one', async (sqlState) => {
    await raise(sqlState, 'once')
    const answers = await sendAll()
    expect(callSizes().slice(0, ONE_BY_ONE.length)).toEqual(ONE_BY_ONE)
    await expectStored(answers, countTo(COUNT))
  })
})

describe('when the database itself is to blame', () => {
  // Corrupted data, a right or a table that is missing, an error without a class; a full disk, a statement that took too long.
  test.each([
    ['XX001', 'XX001'],
    ['42501', '42501'],
    ['42P01', '42P01'],
    ['P0001', 'P0001'],
    ['53100', 'SERVICE_UNAVAILABLE'],
    ['57014', 'SERVICE_UNAVAILABLE'],
  ])('by %s the whole batch is refused after one call, and nothing is stored', async (sqlState, code) => {
    await raise(sqlState, 'always')
    const before = await contentsOf(testService.database.url)
    const answers = await sendAll()
    expect(callSizes()).toEqual([COUNT])
    expect(answers).toMatchObject(countTo(COUNT).map(() => ({ status: 'rejected', reason: { code } })))
    expect(await contentsOf(testService.database.url)).toEqual(before)
  })
})
