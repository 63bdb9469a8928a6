import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { refusalOf } from '../testkit/http-client.js'
import type { Deal, Person } from '../testkit/seed.js'
import { startTestService, type TestService } from '../testkit/service.js'
import { contentsOf, query } from '../testkit/sql.js'
import { DELETE, EDIT, SEND } from '../testkit/writing.js'

let testService: TestService
let bea: Person
let sam: Person
let deal: Deal

beforeAll(async () => {
  testService = await startTestService()
  bea = await testService.seed.person('bea')
  sam = await testService.seed.person('sam')
})
beforeEach(async ({ task }) => {
  deal = await testService.seed.deal(task.id, { buyer: bea, seller: sam })
})
afterAll(() => testService.close())

const send = async (person: Person, extra: { content?: string; replyToId?: string; key?: string } = {}) => {
  const { key: clientMessageId = 'key', content = 'Hello', ...rest } = extra
  const input = { transactionId: deal.id, content, clientMessageId, ...rest }
  return (await person.get(SEND, { input })).sendMessage.message
}

const stored = (): Promise<Record<string, unknown>> => contentsOf(testService.database.url)

async function messageCount(): Promise<number> {
  const rows = await query(testService.database.url, 'SELECT FROM "Message" WHERE "transactionKey" = $1', [deal.key])
  return rows.length
}

describe('the same message under the same clientMessageId', () => {
  test('is the first one again, and nothing is stored', async () => {
    const question = await sam.say(deal, 'Well?')
    const first = await send(bea, { replyToId: `msg_${question.id}` })
    await bea.say(deal, 'another')
    const before = await stored()
    expect(await send(bea, { replyToId: `msg_${question.id}` })).toEqual(first)
    expect(await stored()).toEqual(before)
  })

  test('sent twenty times at once is one message', async () => {
    const all = await Promise.all(Array.from({ length: 20 }, () => send(bea)))
    expect(new Set(all.map(({ id }) => id)).size).toBe(1)
    expect(all.every((message) => message.sequence === 1)).toBe(true)
    expect(await messageCount()).toBe(1)
  })

  test('is the first one as it is now after an edit, for whoever sends what was sent', async () => {
    const { id } = await send(bea)
    await bea.get(EDIT, { input: { messageId: id, content: 'Goodbye' } })
    const before = await stored()
    expect(await send(bea)).toMatchObject({ id, content: 'Goodbye' })
    expect(await stored()).toEqual(before)
  })

  test('is a CONFLICT when it says what the edit said', async () => {
    const { id } = await send(bea)
    await bea.get(EDIT, { input: { messageId: id, content: 'Goodbye' } })
    const input = { transactionId: deal.id, content: 'Goodbye', clientMessageId: 'key' }
    expect(refusalOf(await bea.ask(SEND, { input }))).toEqual({ code: 'CONFLICT', field: 'clientMessageId' })
  })

  test('is the tombstone after a deletion, and nothing is stored', async () => {
    const { id } = await send(bea)
    await bea.get(DELETE, { input: { messageId: id } })
    const before = await stored()
    expect(await send(bea)).toMatchObject({ id, content: null, deletedAt: expect.any(String) })
    expect(await stored()).toEqual(before)
  })
})

describe('something else under the same clientMessageId', () => {
  test('is a CONFLICT with each but the first, also when all are sent at once', async () => {
    const contents = Array.from({ length: 10 }, (_, nth) => `message ${nth}`)
    const answers = await Promise.all(
      contents.map((content) => bea.ask(SEND, { input: { transactionId: deal.id, content, clientMessageId: 'key' } })),
    )
    const refused = answers.filter(({ errors }) => errors.length > 0)
    expect(refused.map(refusalOf)).toEqual(Array(9).fill({ code: 'CONFLICT', field: 'clientMessageId' }))
    expect(await messageCount()).toBe(1)
  })

  test('is a CONFLICT also when both wait for the same commit', async () => {
    const sendNow = (content: string, clientMessageId?: string) =>
      testService.service.services.message.send(bea.viewer, { transactionKey: deal.key, content, clientMessageId })
    const [, first, same, other] = await Promise.allSettled([
      sendNow('keeps the lane busy'),
      sendNow('one', 'key'),
      sendNow('one', 'key'),
      sendNow('two', 'key'),
    ])
    expect(first).toMatchObject({ status: 'fulfilled', value: { content: 'one', sequence: 2 } })
    expect(same).toMatchObject({ status: 'fulfilled', value: { content: 'one', sequence: 2 } })
    expect(other).toMatchObject({ status: 'rejected', reason: { code: 'CONFLICT' } })
    expect(await messageCount()).toBe(2)
  })

  test('is a CONFLICT when only the reply is another', async () => {
    const question = await sam.say(deal, 'Well?')
    await send(bea)
    const input = { transactionId: deal.id, content: 'Hello', clientMessageId: 'key', replyToId: `msg_${question.id}` }
    expect(refusalOf(await bea.ask(SEND, { input }))).toEqual({ code: 'CONFLICT', field: 'clientMessageId' })
  })
})

describe('a clientMessageId', () => {
  test('is its sender’s own: another person may use the same', async () => {
    const [ofBea, ofSam] = await Promise.all([send(bea), send(sam)])
    expect(ofBea.id).not.toBe(ofSam.id)
    expect(await messageCount()).toBe(2)
  })

  test('is of one transaction: the same may be used in another', async () => {
    const { id } = await send(bea)
    deal = await testService.seed.deal(`${deal.key}-other`, { buyer: bea })
    expect((await send(bea)).id).not.toBe(id)
  })

  test('is told from one in other letters', async () => {
    await send(bea, { key: 'key' })
    await send(bea, { key: 'KEY' })
    await send(bea, { key: 'key ' })
    expect(await messageCount()).toBe(3)
  })
})

test('without a clientMessageId the same words are two messages', async () => {
  const input = { transactionId: deal.id, content: 'Hello' }
  await Promise.all([bea.get(SEND, { input }), bea.get(SEND, { input })])
  expect(await messageCount()).toBe(2)
})
