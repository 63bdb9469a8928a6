import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { refusalOf } from '../testkit/http-client.js'
import type { Deal, Person } from '../testkit/seed.js'
import { startTestService, type TestService } from '../testkit/service.js'
import { contentsOf } from '../testkit/sql.js'
import { EDIT, SEND } from '../testkit/writing.js'

let testService: TestService
let bea: Person
let deal: Deal
let messageId: string

beforeAll(async () => {
  testService = await startTestService()
  bea = await testService.seed.person('bea')
  deal = await testService.seed.deal('deal', { buyer: bea })
  messageId = `msg_${(await bea.say(deal, 'well said')).id}`
})
afterAll(() => testService.close())

const BAD_CONTENT: [what: string, content: string, limit?: number][] = [
  ['is empty', ''],
  ['is blank', ' \t\r\n\u00a0\u3000'],
  ['is invisible', '\u200b\u200d\u2060\ufeff\u00ad\u034f\u115f\u3164\u2800'],
  ['is nothing but directions of writing', '\u200e\u202e\u2066\u2069'],
  ['has 10,001 characters', 'x'.repeat(10_001), 10_000],
  ['has 10,001 characters of two code units', '🙂'.repeat(10_001), 10_000],
  ['has U+0000', 'before\0after'],
  ['has the first half of a surrogate pair', 'x\ud83d'],
  ['has the second half of a surrogate pair', '\ude42x'],
]

describe.each([
  ['sendMessage', (content: string) => bea.ask(SEND, { input: { transactionId: deal.id, content } })],
  ['editMessage', (content: string) => bea.ask(EDIT, { input: { messageId, content } })],
])('%s', (_, write) => {
  test.each(BAD_CONTENT)('refuses content that %s, and nothing is stored', async (_what, content, limit) => {
    const before = await contentsOf(testService.database.url)
    const answer = await write(content)
    expect(refusalOf(answer)).toEqual({
      code: 'BAD_USER_INPUT',
      field: 'content',
      ...(limit !== undefined && { limit }),
    })
    expect(answer.errors[0]?.message).toContain(limit === undefined ? '`content`' : `at most ${limit}`)
    expect(await contentsOf(testService.database.url)).toEqual(before)
  })

  test.each([
    ['10,000 characters of two code units', '🙂'.repeat(10_000)],
    ['a family of four that is joined by invisible characters', '👨‍👩‍👧‍👦'],
    ['one letter between blanks', '  x\n'],
    ['10,000 characters between blanks', ` ${'x'.repeat(10_000)} `],
    ['all of the alphabets', 'aä\u0301ßש中\u202eabc'],
  ])('takes %s and keeps it as it was given', async (_what, content) => {
    const { data, errors } = await write(content)
    expect(errors).toEqual([])
    expect(Object.values(data ?? {})).toMatchObject([{ message: { content } }])
  })
})

describe('sendMessage', () => {
  test.each([[undefined], [null]])('refuses no content at all: %s', async (content) => {
    const before = await contentsOf(testService.database.url)
    const input = { transactionId: deal.id, ...(content === null && { content }) }
    expect(refusalOf(await bea.ask(SEND, { input }))).toEqual({ code: 'BAD_USER_INPUT', field: 'content' })
    expect(await contentsOf(testService.database.url)).toEqual(before)
  })

  test.each([
    ['is empty', ''],
    ['has 129 characters', 'k'.repeat(129)],
    ['has a line break', 'one\ntwo'],
    ['has U+0000', 'one\0two'],
    ['has an invisible character', 'one\u200btwo'],
    ['has half of a surrogate pair', 'x\ud83d'],
  ])('refuses a clientMessageId that %s, and nothing is stored', async (_what, clientMessageId) => {
    const before = await contentsOf(testService.database.url)
    const answer = await bea.ask(SEND, { input: { transactionId: deal.id, content: 'x', clientMessageId } })
    expect(refusalOf(answer)).toEqual({ code: 'BAD_USER_INPUT', field: 'clientMessageId', limit: 128 })
    expect(await contentsOf(testService.database.url)).toEqual(before)
  })

  test.each([
    ['128 characters', 'k'.repeat(128)],
    ['128 characters of two code units', '🙂'.repeat(128)],
  ])('takes a clientMessageId of %s', async (_what, clientMessageId) => {
    const input = { transactionId: deal.id, content: 'x', clientMessageId }
    const { sendMessage } = await bea.get(SEND, { input })
    expect(sendMessage.message.clientMessageId).toBe(clientMessageId)
  })
})
