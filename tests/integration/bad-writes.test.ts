import { afterAll, beforeAll, expect, test } from 'vitest'
import { refusalOf } from '../testkit/http-client.js'
import type { Deal, Person } from '../testkit/seed.js'
import { startTestService, type TestService } from '../testkit/service.js'
import { contentsOf } from '../testkit/sql.js'
import { DELETE, EDIT, MARK_READ, SEND } from '../testkit/writing.js'

let testService: TestService
let bea: Person
let deal: Deal
let own: string
let others: string
let elsewhere: string

beforeAll(async () => {
  testService = await startTestService()
  bea = await testService.seed.person('bea')
  const sam = await testService.seed.person('sam')
  deal = await testService.seed.deal('deal', { buyer: bea, seller: sam })
  const otherDeal = await testService.seed.deal('other-deal', { buyer: bea, seller: sam })
  own = `msg_${(await bea.say(deal, 'mine')).id}`
  others = `msg_${(await sam.say(deal, 'not mine')).id}`
  elsewhere = `msg_${(await bea.say(otherDeal, 'elsewhere')).id}`
})
afterAll(() => testService.close())

test('a reply to a message of another transaction is refused, and nothing is stored', async () => {
  const before = await contentsOf(testService.database.url)
  const answer = await bea.ask(SEND, { input: { transactionId: deal.id, content: 'x', replyToId: elsewhere } })
  expect(refusalOf(answer)).toEqual({ code: 'BAD_USER_INPUT', field: 'replyToId' })
  expect(await contentsOf(testService.database.url)).toEqual(before)
})

test('nothing can be read up to a message of another transaction', async () => {
  const before = await contentsOf(testService.database.url)
  const answer = await bea.ask(MARK_READ, { input: { transactionId: deal.id, upToMessageId: elsewhere } })
  expect(refusalOf(answer)).toEqual({ code: 'BAD_USER_INPUT', field: 'upToMessageId' })
  expect(await contentsOf(testService.database.url)).toEqual(before)
})

test.each([
  ['edited', () => bea.ask(EDIT, { input: { messageId: others, content: 'x' } })],
  ['deleted', () => bea.ask(DELETE, { input: { messageId: others } })],
])("somebody else's message can't be %s, and nothing is stored", async (_, change) => {
  const before = await contentsOf(testService.database.url)
  expect(refusalOf(await change())).toEqual({ code: 'FORBIDDEN' })
  expect(await contentsOf(testService.database.url)).toEqual(before)
})

test('under a clientMessageId that was used, nothing else can be sent, and nothing is stored', async () => {
  const input = { transactionId: deal.id, content: 'first', clientMessageId: 'key' }
  await bea.get(SEND, { input })
  const before = await contentsOf(testService.database.url)
  for (const other of [
    { ...input, content: 'second' },
    { ...input, replyToId: own },
  ]) {
    expect(refusalOf(await bea.ask(SEND, { input: other }))).toEqual({ code: 'CONFLICT', field: 'clientMessageId' })
  }
  expect(await contentsOf(testService.database.url)).toEqual(before)
})
