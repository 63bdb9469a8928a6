import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { TransactionInput } from '../../src/chat/transaction/transaction.js'
import type { Services } from '../../src/graphql/context.js'
import { type Person, PLATFORM } from '../testkit/seed.js'
import { startTestService, type TestService } from '../testkit/service.js'
import { contentsOf, query } from '../testkit/sql.js'

let testService: TestService
let transactions: Services['transaction']
let bea: Person

beforeAll(async () => {
  testService = await startTestService()
  transactions = testService.service.services.transaction
  bea = await testService.seed.person('bea')
  await testService.seed.person('sam')
  await testService.seed.person('ari')
})
afterAll(() => testService.close())

function input(key: string, participants: string[], more: Partial<TransactionInput> = {}): TransactionInput {
  const roles = { bea: 'BUYER', sam: 'SELLER', ari: 'ARBITER' } as const
  const seats = participants.map((name) => {
    const [userKey = '', role] = name.split(' ')
    return { userKey, role: role === 'agent' ? ('AGENT' as const) : (roles[userKey as keyof typeof roles] ?? 'AGENT') }
  })
  return { key, title: 'A bicycle', status: 'DRAFT', participants: seats, ...more }
}

const upsert = (...args: Parameters<typeof input>) => transactions.upsert(PLATFORM, input(...args))
const stored = () => contentsOf(testService.database.url)

/** The timeline in words. */
async function timeline(key: string): Promise<string[]> {
  const entries = await query<{ position: number; said: string }>(
    testService.database.url,
    `SELECT position, concat_ws(' ', kind, "userKey", "actorKey", data ->> 'role', data ->> 'status') AS said
     FROM "TimelineEntry" WHERE "transactionKey" = $1 ORDER BY position`,
    [key],
  )
  expect(entries.map(({ position }) => position)).toEqual(entries.map((_, index) => index + 1))
  return entries.map(({ said }) => said)
}

describe('a transaction that is registered', () => {
  test('begins its timeline with its status and then its people, in the order given', async () => {
    const transaction = await upsert('new', ['sam', 'ari', 'bea'], { status: 'FUNDED', partnerClientId: 'shop' })
    expect(transaction).toMatchObject({
      key: 'new',
      title: 'A bicycle',
      status: 'FUNDED',
      partnerClientId: 'shop',
      messageCount: 0,
      timelinePosition: 4,
    })
    expect(await timeline('new')).toEqual([
      'STATUS_CHANGED FUNDED',
      'PARTICIPANT_JOINED sam SELLER',
      'PARTICIPANT_JOINED ari ARBITER',
      'PARTICIPANT_JOINED bea BUYER',
    ])
  })

  test('is the same when it is registered again, and nothing is stored', async () => {
    const first = await upsert('again', ['bea', 'sam'])
    const before = await stored()
    expect(await upsert('again', ['bea', 'sam'])).toEqual(first)
    expect(await upsert('again', ['sam', 'bea'], { status: 'CANCELLED' })).toEqual(first)
    expect(await stored()).toEqual(before)
  })

  test('by ten calls at once is registered once', async () => {
    await Promise.all(Array.from({ length: 10 }, () => upsert('crowd', ['bea', 'sam'])))
    expect(await timeline('crowd')).toHaveLength(3)
  })

  test('may get another title and another partner; what is left out stays, and null clears', async () => {
    await upsert('renamed', ['bea'], { partnerClientId: 'shop' })
    const renamed = await upsert('renamed', ['bea'], { title: 'A tandem' })
    expect(renamed).toMatchObject({ title: 'A tandem', partnerClientId: 'shop', timelinePosition: 2 })
    expect(await upsert('renamed', ['bea'], { partnerClientId: null })).toMatchObject({ partnerClientId: null })
  })
})

describe('people', () => {
  test('come and go: whoever is left out has left, before the others join', async () => {
    await upsert('moving', ['bea', 'sam'])
    await upsert('moving', ['ari', 'bea'])
    expect((await timeline('moving')).slice(3)).toEqual([
      'PARTICIPANT_LEFT sam SELLER',
      'PARTICIPANT_JOINED ari ARBITER',
    ])
  })

  test('who change roles leave and join, in the same seat and the same commit', async () => {
    await upsert('role', ['bea', 'sam'])
    const seats = `SELECT id FROM "Participant" WHERE "transactionKey" = 'role' ORDER BY "userKey"`
    const before = await query(testService.database.url, seats)
    await upsert('role', ['bea', 'sam agent'])
    expect((await timeline('role')).slice(3)).toEqual(['PARTICIPANT_LEFT sam SELLER', 'PARTICIPANT_JOINED sam AGENT'])
    expect(await query(testService.database.url, seats)).toEqual(before)
  })

  test('may share a role', async () => {
    await upsert('agents', ['bea agent', 'sam agent'])
    expect((await timeline('agents')).slice(1)).toEqual([
      'PARTICIPANT_JOINED bea AGENT',
      'PARTICIPANT_JOINED sam AGENT',
    ])
  })

  test('who change roles have as much unread as before', async () => {
    await upsert('unread', ['bea', 'sam'])
    await testService.service.services.message.postSystem(PLATFORM, { transactionKey: 'unread', content: 'Hello' })
    await upsert('unread', ['bea agent', 'sam'])
    const unread = await bea.ask('{ unreadCount(transactionId: "txn_unread") }', {})
    expect(unread.data).toEqual({ unreadCount: 1 })
  })

  test('who come back have their old seat and find all that was said, also while they were away', async () => {
    await upsert('back', ['bea', 'sam'])
    const said = async (content: string) => {
      const sam = await testService.seed.person('sam')
      await testService.service.services.message.send(sam.viewer, { transactionKey: 'back', content })
    }
    await said('with Bea')
    await upsert('back', ['sam'])
    await said('without Bea')
    expect((await bea.ask('{ transaction(id: "txn_back") { id } }', {})).data).toEqual({ transaction: null })
    await upsert('back', ['bea', 'sam'])
    const history = await bea.ask('{ messages(transactionId: "txn_back") { nodes { content } } }', {})
    expect(history.data).toEqual({ messages: { nodes: [{ content: 'with Bea' }, { content: 'without Bea' }] } })
    const seats = `SELECT FROM "Participant" WHERE "transactionKey" = 'back' AND "userKey" = 'bea'`
    expect(await query(testService.database.url, seats)).toHaveLength(1)
  })
})

describe('what is refused, and nothing is stored:', () => {
  test.each<[string, TransactionInput, string, string]>([
    ['nobody at all', input('refused', []), 'BAD_USER_INPUT', 'participants'],
    ['one person twice', input('refused', ['bea', 'bea agent']), 'BAD_USER_INPUT', 'participants'],
    ['a person whom nobody knows', input('refused', ['bea', 'nobody']), 'NOT_FOUND', 'participants'],
    ['a key with a space', input('not a key', ['bea']), 'BAD_USER_INPUT', 'key'],
    ['a key of 65 characters', input('k'.repeat(65), ['bea']), 'BAD_USER_INPUT', 'key'],
    ['a blank title', input('refused', ['bea'], { title: ' ' }), 'BAD_USER_INPUT', 'title'],
    ['a title of 201 characters', input('refused', ['bea'], { title: 't'.repeat(201) }), 'BAD_USER_INPUT', 'title'],
    ['a blank partner', input('refused', ['bea'], { partnerClientId: '' }), 'BAD_USER_INPUT', 'partnerClientId'],
  ])('%s', async (_, refused, code, field) => {
    const before = await stored()
    await expect(transactions.upsert(PLATFORM, refused)).rejects.toMatchObject({ code, details: { field } })
    expect(await stored()).toEqual(before)
  })

  test('more people than are allowed, and the refusal says how many are', async () => {
    const crowd = input(
      'refused',
      Array.from({ length: 51 }, (_, nth) => `person-${nth}`),
    )
    await expect(transactions.upsert(PLATFORM, crowd)).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
      details: { field: 'participants', limit: 50 },
    })
  })
})
