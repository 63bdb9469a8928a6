import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { refusalOf } from '../testkit/http-client.js'
import { CHANGE_STATUS, POST_SYSTEM_MESSAGE } from '../testkit/platform-documents.js'
import type { Caller, Deal, Person } from '../testkit/seed.js'
import { startTestService, type TestService } from '../testkit/service.js'
import { SEND } from '../testkit/writing.js'

// The least and the most that can be set; and what takes the most room in the database.

test('with MAX_CONTENT_LENGTH=3 a message has at most three characters, whoever sends it', async () => {
  const testService = await startTestService({ MAX_CONTENT_LENGTH: '3' })
  onTestFinished(() => testService.close())
  const platform = await testService.seed.caller({ clientId: 'backend', scopes: ['platform'] })
  const bea = await testService.seed.person('bea')
  const { id: transactionId } = await testService.seed.deal('deal', { buyer: bea })
  const ways = (content: string) => [
    bea.ask(SEND, { input: { transactionId, content } }),
    platform.ask(POST_SYSTEM_MESSAGE, { input: { transactionId, content } }),
  ]
  for (const answer of await Promise.all(ways('\u{1f642}'.repeat(3)))) expect(answer.errors).toEqual([])
  const refusal = { code: 'BAD_USER_INPUT', field: 'content', limit: 3 }
  for (const answer of await Promise.all(ways('four'))) expect(refusalOf(answer)).toEqual(refusal)
})

describe.each([36, 512])('with MAX_CLIENT_MESSAGE_ID_LENGTH=%i', (maxLength) => {
  let testService: TestService
  let platform: Caller
  let bea: Person
  let deal: Deal

  beforeAll(async () => {
    testService = await startTestService({ MAX_CLIENT_MESSAGE_ID_LENGTH: String(maxLength) })
    platform = await testService.seed.caller({ clientId: 'backend', scopes: ['platform'] })
    bea = await testService.seed.person('b'.repeat(64))
    deal = await testService.seed.deal('d'.repeat(64), { buyer: bea })
  })
  afterAll(() => testService.close())

  test.each([
    [
      'sendMessage',
      'clientMessageId',
      (key: string) => bea.ask(SEND, { input: { transactionId: deal.id, content: 'x', clientMessageId: key } }),
    ],
    [
      'postSystemMessage',
      'clientMessageId',
      (key: string) =>
        platform.ask(POST_SYSTEM_MESSAGE, { input: { transactionId: deal.id, content: 'x', clientMessageId: key } }),
    ],
    [
      'changeTransactionStatus',
      'idempotencyKey',
      (key: string) =>
        platform.ask(CHANGE_STATUS, { input: { transactionId: deal.id, status: 'FUNDED', idempotencyKey: key } }),
    ],
  ] as const)('%s takes a key of that length, and no longer one', async (_, field, ask) => {
    const refusal = { code: 'BAD_USER_INPUT', field, limit: maxLength }
    expect(refusalOf(await ask('k'.repeat(maxLength + 1)))).toEqual(refusal)
    // Noise: what can be compressed takes less room.
    const key = Array.from({ length: maxLength }, (_none, nth) =>
      String.fromCodePoint(0x20000 + ((nth * 7919) % 40000)),
    )
    expect((await ask(key.join(''))).errors).toEqual([])
  })
})
