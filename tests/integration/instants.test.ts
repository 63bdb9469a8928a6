import { uuidv7 } from 'uuidv7'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { SEND_MESSAGES, sendValues } from '../../src/chat/message/send-statement.js'
import { DealLock } from '../testkit/deal-lock.js'
import { startTestService, type TestService } from '../testkit/service.js'
import { query } from '../testkit/sql.js'

let testService: TestService

beforeAll(async () => {
  testService = await startTestService()
})
afterAll(() => testService.close())

test('in a deal no message is earlier than the one before it, also after the clock was set back', async () => {
  const { seed, database } = testService
  const [bea, sam] = [await seed.person('bea'), await seed.person('sam')]
  const deal = await seed.deal('deal', { buyer: bea, seller: sam })
  const talk = async () => {
    const words = Array.from({ length: 40 }, (_, nth) => (nth % 2 === 0 ? bea : sam).say(deal, `message ${nth}`))
    await Promise.all([...words, deal.changeStatus('FUNDED', 'The money is there.')])
    await deal.changeStatus('SHIPPED', 'It is on its way.')
  }
  await talk()
  // What is left of a clock that was an hour ahead.
  await query(database.url, `UPDATE "Transaction" SET "lastActivityAt" = "lastActivityAt" + interval '1 hour'`)
  await query(database.url, `UPDATE "Message" SET "createdAt" = "createdAt" + interval '1 hour'`)
  await talk()

  const messages = await query<{ createdAt: Date }>(
    database.url,
    'SELECT "createdAt" FROM "Message" ORDER BY "position"',
  )
  const instants = messages.map(({ createdAt }) => createdAt.getTime())
  expect(instants).toHaveLength(84)
  expect(instants).toEqual(instants.toSorted((one, other) => one - other))
})

test('a message that had to wait for its deal is as late as the deal was free, not as early as it was sent', async () => {
  const { seed, database } = testService
  const eve = await seed.person('eve')
  const { key } = await seed.deal('awaited', { buyer: eve })
  const lock = await DealLock.hold(database.url, key)
  const send = { messageId: uuidv7(), transactionKey: key, senderKey: eve.key, content: 'At last', replyToId: null }
  // One call that waits as long as it takes: the service would give up, and call again.
  const sending = query<{ outcome: string; createdAt: Date }>(
    database.url,
    SEND_MESSAGES.text,
    sendValues([{ ...send, type: 'TEXT', clientMessageId: null }], { patienceMs: 10_000, awaited: [] }),
  )
  await lock.untilWaitedForBy(1)
  // Instants have milliseconds: some have to pass.
  const [release] = await query<{ at: Date }>(
    database.url,
    `SELECT date_trunc('milliseconds', clock_timestamp()) AS at FROM pg_sleep(0.02)`,
  )
  await lock.release()
  const [sent] = await sending
  expect(sent?.outcome).toBe('SENT')
  expect(sent?.createdAt.getTime()).toBeGreaterThanOrEqual(release?.at.getTime() ?? Number.POSITIVE_INFINITY)
})

test('who reads on has read later than before, also after the clock was set back', async () => {
  const { seed, database, service } = testService
  const [ana, ari] = [await seed.person('ana'), await seed.person('ari')]
  const deal = await seed.deal('read', { buyer: ana, seller: ari })
  const [first, second] = [await ari.say(deal, 'one'), await ari.say(deal, 'two')]
  const read = async (messageId: string) => {
    const { lastReadAt } = await service.services.receipt.markRead(ana.viewer, deal.key, messageId)
    return lastReadAt?.getTime() ?? 0
  }
  await read(first.id)
  const [ahead] = await query<{ lastReadAt: Date }>(
    database.url,
    `UPDATE "Participant" SET "lastReadAt" = "lastReadAt" + interval '1 hour' WHERE "userKey" = 'ana' RETURNING "lastReadAt"`,
  )
  expect(await read(second.id)).toBe(ahead?.lastReadAt.getTime())
})
