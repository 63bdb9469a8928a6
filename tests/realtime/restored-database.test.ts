import type { Client } from 'graphql-ws'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { encodeCursor } from '../../src/chat/timeline/timeline-cursor.js'
import { TimelineFollowers } from '../../src/chat/timeline/timeline-followers.js'
import { createLogger } from '../../src/log.js'
import type { Deal, Person } from '../testkit/seed.js'
import { startTestService, type TestService } from '../testkit/service.js'
import { query } from '../testkit/sql.js'
import { FOLLOW_TIMELINE, SUBSCRIPTION_NAMES } from '../testkit/timeline-documents.js'
import { connect, listen } from '../testkit/websocket-client.js'
import { followInEveryWay, positionsOf } from './following.js'

// The database is put back to an earlier state under a running service.

const AHEAD = expect.objectContaining({ extensions: { code: 'BAD_USER_INPUT', field: 'after' } })

const logged: Record<string, unknown>[] = []
const log = createLogger({ logLevel: 'warn', logFormat: 'json' }, { write: (line) => logged.push(JSON.parse(line)) })

let testService: TestService
let bea: Person
let sam: Person
let client: Client

beforeAll(async () => {
  testService = await startTestService({}, log)
  bea = await testService.seed.person('bea')
  sam = await testService.seed.person('sam')
  client = connect(testService.webSocketUrl, sam.token)
})
afterAll(async () => {
  await client.dispose()
  await testService.close()
})

/** As a backup would have it that was made when the timeline stood there. The first three entries are no messages. */
async function putBack(deal: Deal, position: number): Promise<void> {
  const { url } = testService.database
  const key = `'${deal.key}'`
  await query(
    url,
    `BEGIN;
     SET LOCAL session_replication_role = replica;
     DELETE FROM "TimelineEntry" WHERE "transactionKey" = ${key} AND "position" > ${position};
     DELETE FROM "Message" WHERE "transactionKey" = ${key} AND "position" > ${position};
     UPDATE "Transaction" SET "timelinePosition" = ${position}, "messageCount" = ${position - 3} WHERE "key" = ${key};
     COMMIT`,
  )
}

test('open subscriptions end with BAD_USER_INPUT, whatever they are about, and those of other deals go on', async () => {
  const deal = await testService.seed.deal('restored', { buyer: bea, seller: sam })
  const other = await testService.seed.deal('other', { buyer: bea, seller: sam })
  for (let nth = 0; nth < 5; nth += 1) await bea.say(deal, `said ${nth}`)
  const followed = followInEveryWay(client, deal, 3)
  const elsewhere = followInEveryWay(client, other, 3)
  await followed.listeners.timelineAdvanced.take(5)
  await putBack(deal, 5)
  for (const name of SUBSCRIPTION_NAMES) expect([name, await followed.listeners[name].ended]).toEqual([name, [AHEAD]])
  expect(logged.map(({ msg, position, head }) => [msg, position, head])).toEqual([
    ['A timeline is shorter than it was: the database was put back to an earlier state', 8, 5],
  ])
  await bea.say(other, 'nothing happened here')
  expect(positionsOf(other, [await elsewhere.listeners.timelineAdvanced.next()])).toEqual([4])
})

test('after that the old cursors are refused, the others are good, and new entries are heard at their positions', async () => {
  const deal = await testService.seed.deal('again', { buyer: bea, seller: sam })
  for (let nth = 0; nth < 5; nth += 1) await bea.say(deal, `said ${nth}`)
  const open = listen(client, FOLLOW_TIMELINE, { transactionId: deal.id, after: encodeCursor(deal.key, 3) })
  await open.take(5)
  await putBack(deal, 5)
  expect(await open.ended).toEqual([AHEAD])

  const refused = listen(client, FOLLOW_TIMELINE, { transactionId: deal.id, after: encodeCursor(deal.key, 8) })
  expect(await refused.ended).toEqual([AHEAD])
  const resumed = listen(client, FOLLOW_TIMELINE, { transactionId: deal.id, after: encodeCursor(deal.key, 4) })
  expect(positionsOf(deal, [await resumed.next()])).toEqual([5])
  const borrow = vi.spyOn(TimelineFollowers.prototype, 'borrow')
  const fresh = listen(client, FOLLOW_TIMELINE, { transactionId: deal.id })
  await vi.waitFor(() => expect(borrow).toHaveResolved())
  await bea.say(deal, 'said anew')
  expect(positionsOf(deal, [await resumed.next(), await fresh.next()])).toEqual([6, 6])
})
