import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Deal, Person } from '../testkit/seed.js'
import { startTestService, type TestService } from '../testkit/service.js'

let testService: TestService
let bea: Person
let sam: Person
let stranger: Person
let deal: Deal
let holder: pg.Client

beforeAll(async () => {
  testService = await startTestService()
  const { seed } = testService
  bea = await seed.person('bea')
  sam = await seed.person('sam')
  stranger = await seed.person('stranger')
  deal = await seed.deal('locked', { buyer: bea, seller: sam })
  holder = new pg.Client({ connectionString: testService.database.url })
  await holder.connect()
  await holder.query('BEGIN')
  await holder.query(`SELECT FROM "Transaction" WHERE "key" = $1 FOR UPDATE`, [deal.key])
})
afterAll(async () => {
  await holder.end()
  await testService.close()
})

test('a participant’s send to a locked deal is not acknowledged', async () => {
  await expect(bea.say(deal, 'waits in vain')).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' })
})

test('to a stranger a locked deal is no other than one that doesn’t exist, also beside a participant’s send', async () => {
  const [, ofStranger] = await Promise.allSettled([bea.say(deal, 'waits in vain'), stranger.say(deal, 'hello?')])
  const nowhere = stranger.say({ ...deal, key: 'nowhere' } as Deal, 'hello?')
  const refused = { code: 'NOT_FOUND', details: { field: 'transactionId' } }
  expect(ofStranger).toMatchObject({ status: 'rejected', reason: refused })
  await expect(nowhere).rejects.toMatchObject(refused)
})

test('once it is free again, the same message is stored', async () => {
  await holder.query('ROLLBACK')
  expect(await bea.say(deal, 'waited')).toMatchObject({ sequence: 1, content: 'waited' })
})
