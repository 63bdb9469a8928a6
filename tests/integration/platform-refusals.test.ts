import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { refusalOf } from '../testkit/http-client.js'
import { CHANGE_STATUS, POST_SYSTEM_MESSAGE, UPSERT_TRANSACTION, UPSERT_USER } from '../testkit/platform-documents.js'
import type { Caller } from '../testkit/seed.js'
import { startTestService, type TestService } from '../testkit/service.js'
import { contentsOf } from '../testkit/sql.js'

let testService: TestService
let platform: Caller
/** All that is stored: nothing here adds to it. */
let before: Record<string, unknown>
let others: Readonly<Record<'a participant' | 'an arbiter' | 'an outsider' | 'the partner', Caller>>

beforeAll(async () => {
  // 501 people are more values than variables may have.
  testService = await startTestService({ MAX_QUERY_TOKENS: '10000' })
  const { seed } = testService
  const [bea, ari] = [await seed.person('bea'), await seed.person('ari')]
  await seed.deal('deal', { buyer: bea, arbiter: ari }, { partnerClientId: 'shop' })
  platform = await seed.caller({ clientId: 'backend', scopes: ['platform'] })
  others = {
    'a participant': bea,
    'an arbiter': ari,
    'an outsider': await seed.person('stranger'),
    'the partner': await seed.caller({ clientId: 'shop', scopes: ['history:read'] }),
  }
  before = await contentsOf(testService.database.url)
})
afterEach(async () => expect(await contentsOf(testService.database.url)).toEqual(before))
afterAll(() => testService.close())

const USER = { key: 'new', displayName: 'Somebody' }
const DEAL = { key: 'new', title: 'A bicycle', participants: [{ userId: 'usr_bea', role: 'BUYER' as const }] }
const MESSAGE = { transactionId: 'txn_deal', content: 'Please note' }
const CHANGE = { transactionId: 'txn_deal', status: 'FUNDED' as const }

const MUTATIONS = {
  upsertUser: (caller: Caller, given: object) => caller.ask(UPSERT_USER, { input: { ...USER, ...given } }),
  upsertTransaction: (caller: Caller, given: object) =>
    caller.ask(UPSERT_TRANSACTION, { input: { ...DEAL, ...given } }),
  postSystemMessage: (caller: Caller, given: object) =>
    caller.ask(POST_SYSTEM_MESSAGE, { input: { ...MESSAGE, ...given } }),
  changeTransactionStatus: (caller: Caller, given: object) =>
    caller.ask(CHANGE_STATUS, { input: { ...CHANGE, ...given } }),
}

const NOBODYS_MESSAGE = 'msg_01900000-0000-7000-8000-000000000000'
const BAD_IDS = ['', 'deal', 'txn_', 'usr_', 'txn_a b', 'usr_a b', 'evt_1.deal', NOBODYS_MESSAGE]
const people = (userId: string) => ({ participants: [{ userId, role: 'BUYER' }] })

/** What is wrong, what is given instead, the field that is named and the limit. */
type Fault = [what: string, given: object, field: string, limit?: number]
const FAULTS: Readonly<Record<keyof typeof MUTATIONS, Fault[]>> = {
  upsertUser: [
    ['an empty key', { key: '' }, 'key', 64],
    ['a key with a blank', { key: 'a b' }, 'key', 64],
    ['a key of 65 characters', { key: 'k'.repeat(65) }, 'key', 64],
    ['a blank name', { displayName: '\u200b' }, 'displayName'],
    ['a name of two lines', { displayName: 'A\u2028B' }, 'displayName'],
    ['a name of 201 characters', { displayName: 'n'.repeat(201) }, 'displayName', 200],
    ['a name of 201 characters, most of them blank', { displayName: `${' '.repeat(200)}n` }, 'displayName', 200],
    ['a picture that is a script', { avatarUrl: 'javascript:alert(1)' }, 'avatarUrl', 2000],
    ['a picture that is its own address', { avatarUrl: 'data:image/png;base64,AAAA' }, 'avatarUrl', 2000],
    ['an address of 2,001 characters', { avatarUrl: `https://a.b/${'x'.repeat(1_989)}` }, 'avatarUrl', 2000],
  ],
  upsertTransaction: [
    ['a key with a slash', { key: 'a/b' }, 'key', 64],
    ['a blank title', { title: ' ' }, 'title'],
    ['a title of two lines', { title: 'A\r\nB' }, 'title'],
    ['a title of 201 characters', { title: 't'.repeat(201) }, 'title', 200],
    ['a title of 201 characters, most of them blank', { title: `${' '.repeat(200)}t` }, 'title', 200],
    ['an empty partner', { partnerClientId: '' }, 'partnerClientId', 128],
    ['a blank partner', { partnerClientId: ' ' }, 'partnerClientId', 128],
    ['a partner that no token can name', { partnerClientId: 'a\nb' }, 'partnerClientId', 128],
    ['a partner of 129 characters', { partnerClientId: 'p'.repeat(129) }, 'partnerClientId', 128],
    [
      'a partner of 129 characters, most of them blank',
      { partnerClientId: `${' '.repeat(128)}p` },
      'partnerClientId',
      128,
    ],
    ['nobody', { participants: [] }, 'participants'],
    [
      'one person twice',
      { participants: [...DEAL.participants, { userId: 'usr_bea', role: 'SELLER' }] },
      'participants',
    ],
    [
      '51 people',
      { participants: Array.from({ length: 51 }, (_, nth) => ({ userId: `usr_${nth}`, role: 'AGENT' })) },
      'participants',
      50,
    ],
    ...BAD_IDS.map((id): Fault => [`the id ${JSON.stringify(id)}`, people(id), 'participants[0].userId']),
    ["a transaction's id", people('txn_deal'), 'participants[0].userId'],
  ],
  postSystemMessage: [
    ['blank content', { content: ' ' }, 'content'],
    ['content of 10,001 characters', { content: 'x'.repeat(10_001) }, 'content', 10_000],
    ['an empty key', { clientMessageId: '' }, 'clientMessageId', 128],
    ['a key of 129 characters', { clientMessageId: 'k'.repeat(129) }, 'clientMessageId', 128],
    ...BAD_IDS.map((id): Fault => [`the id ${JSON.stringify(id)}`, { transactionId: id }, 'transactionId']),
    ["a person's id", { transactionId: 'usr_bea' }, 'transactionId'],
  ],
  changeTransactionStatus: [
    ['a blank message', { message: '' }, 'message'],
    ['a message of 10,001 characters', { message: 'x'.repeat(10_001) }, 'message', 10_000],
    ['a key with a line break', { idempotencyKey: 'a\nb' }, 'idempotencyKey', 128],
    ['a key of 129 characters', { idempotencyKey: 'k'.repeat(129) }, 'idempotencyKey', 128],
    ...BAD_IDS.map((id): Fault => [`the id ${JSON.stringify(id)}`, { transactionId: id }, 'transactionId']),
    ["a person's id", { transactionId: 'usr_bea' }, 'transactionId'],
  ],
}
const UNKNOWN: Readonly<Record<keyof typeof MUTATIONS, Fault[]>> = {
  upsertUser: [],
  upsertTransaction: [['a person whom nobody knows', people('usr_nobody'), 'participants']],
  postSystemMessage: [['a transaction that is not there', { transactionId: 'txn_nowhere' }, 'transactionId']],
  changeTransactionStatus: [
    ['a transaction that is not there', { transactionId: 'txn_nowhere', idempotencyKey: 'lost' }, 'transactionId'],
  ],
}

const names = Object.keys(MUTATIONS) as (keyof typeof MUTATIONS)[]

describe.each(names)('%s', (name) => {
  test.each(FAULTS[name])('refuses %s, and nothing is stored', async (_, given, field, limit) => {
    const answer = await MUTATIONS[name](platform, given)
    expect(refusalOf(answer)).toEqual({ code: 'BAD_USER_INPUT', field, ...(limit !== undefined && { limit }) })
  })

  test.each(UNKNOWN[name])('finds nothing under %s, and nothing is stored', async (_, given, field) => {
    expect(refusalOf(await MUTATIONS[name](platform, given))).toEqual({ code: 'NOT_FOUND', field })
  })

  test.each(['a participant', 'an arbiter', 'an outsider', 'the partner'] as const)(
    'tells %s that it is not for them, whatever is in the input, and nothing is stored',
    async (who) => {
      const refused = await MUTATIONS[name](others[who], {})
      expect(refusalOf(refused)).toEqual({ code: 'FORBIDDEN' })
      for (const [, given] of [...FAULTS[name], ...UNKNOWN[name]]) {
        expect(await MUTATIONS[name](others[who], given)).toEqual(refused)
      }
    },
  )

  test.each(['senderId', 'sequence', 'type'])('takes no %s', async (field) => {
    const answer = await MUTATIONS[name](platform, { [field]: field === 'sequence' ? 1 : 'TEXT' })
    expect(answer.errors).toMatchObject([
      {
        message: expect.stringContaining(`Field "${field}" is not defined`),
        extensions: { code: 'BAD_USER_INPUT' },
      },
    ])
  })
})

test('all participants who are not registered are named at once, and what to do', async () => {
  const participants = ['usr_bea', 'usr_nobody', 'usr_no-one'].map((userId) => ({ userId, role: 'BUYER' }))
  const { errors } = await MUTATIONS.upsertTransaction(platform, { participants })
  expect(errors[0]?.message).toBe(
    "`participants` names users who aren't registered (nobody, no-one): call `upsertUser` first.",
  )
})

test.each(['ftp', 'not an address', ''])('an address of a picture like %j is refused before anything', async (url) => {
  const answer = await MUTATIONS.upsertUser(platform, { avatarUrl: url })
  expect(refusalOf(answer)).toEqual({ code: 'BAD_USER_INPUT' })
})

test.each(['not an address', '', '/picture.png'])(
  'nor is %j taken where it is written in the document',
  async (url) => {
    const document = `mutation { upsertUser(input: { key: "new", displayName: "New", avatarUrl: ${JSON.stringify(url)} }) { user { id } } }`
    expect(refusalOf(await platform.ask(document, {}))).toEqual({ code: 'BAD_USER_INPUT' })
  },
)
