import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type {
  ChangeTransactionStatusInput,
  PostSystemMessageInput,
  UpsertTransactionInput,
} from '../generated/graphql.js'
import { refusalOf } from '../testkit/http-client.js'
import { CHANGE_STATUS, POST_SYSTEM_MESSAGE, UPSERT_TRANSACTION } from '../testkit/platform-documents.js'
import { type Caller, Deal, type Person } from '../testkit/seed.js'
import { startTestService, type TestService } from '../testkit/service.js'
import { contentsOf, query } from '../testkit/sql.js'

let testService: TestService
let platform: Caller
let bea: Person
let sam: Person
let deal: Deal
let key: string
let id: string

beforeAll(async () => {
  testService = await startTestService()
  platform = await testService.seed.caller({ clientId: 'backend', scopes: ['platform'] })
  bea = await testService.seed.person('bea')
  sam = await testService.seed.person('sam')
})
beforeEach(({ task }) => {
  key = task.id
  id = `txn_${key}`
  deal = new Deal(testService.service, key, 'A bicycle')
})
afterAll(() => testService.close())

const BOTH = [
  { userId: 'usr_bea', role: 'BUYER' as const },
  { userId: 'usr_sam', role: 'SELLER' as const },
]
const stored = () => contentsOf(testService.database.url)

async function upsert(given: Partial<UpsertTransactionInput> = {}) {
  const input = { key, title: 'A bicycle', participants: BOTH, ...given }
  return (await platform.get(UPSERT_TRANSACTION, { input })).upsertTransaction.transaction
}
const post = (given: Partial<PostSystemMessageInput>) =>
  platform.ask(POST_SYSTEM_MESSAGE, { input: { transactionId: id, content: 'Please note', ...given } })
const changeStatus = (given: Omit<ChangeTransactionStatusInput, 'transactionId'>) =>
  platform.get(CHANGE_STATUS, { input: { transactionId: id, ...given } })

async function partner(): Promise<string | null | undefined> {
  const [row] = await query<{ partnerClientId: string | null }>(
    testService.database.url,
    'SELECT "partnerClientId" FROM "Transaction" WHERE key = $1',
    [key],
  )
  return row?.partnerClientId
}

describe('upsertTransaction', () => {
  test('registers a deal as a draft, and its people find it', async () => {
    expect(await upsert()).toEqual({
      id,
      title: 'A bicycle',
      status: 'DRAFT',
      messageCount: 0,
      participants: [
        { user: { id: 'usr_bea' }, role: 'BUYER' },
        { user: { id: 'usr_sam' }, role: 'SELLER' },
      ],
      timeline: {
        nodes: [
          { __typename: 'StatusChanged', position: 1 },
          { __typename: 'ParticipantJoined', position: 2 },
          { __typename: 'ParticipantJoined', position: 3 },
        ],
      },
    })
    const { data } = await sam.ask(`{ transaction(id: "${id}") { id } }`, {})
    expect(data).toEqual({ transaction: { id } })
  })

  test('takes the status for a new deal alone', async () => {
    expect(await upsert({ status: 'FUNDED' })).toMatchObject({ status: 'FUNDED' })
    expect(await upsert({ status: 'CANCELLED' })).toMatchObject({ status: 'FUNDED' })
    expect(await upsert()).toMatchObject({ status: 'FUNDED' })
  })

  test('leaves the partner as it is when it is left out, and null clears it', async () => {
    await upsert({ partnerClientId: 'shop' })
    await upsert({ title: 'A tandem' })
    expect(await partner()).toBe('shop')
    await upsert({ partnerClientId: null })
    expect(await partner()).toBeNull()
  })

  test('given again changes nothing', async () => {
    const first = await upsert({ partnerClientId: 'shop' })
    const before = await stored()
    expect(await upsert({ partnerClientId: 'shop' })).toEqual(first)
    expect(await upsert()).toEqual(first)
    expect(await stored()).toEqual(before)
  })

  test('lets people go and come back: all that was said is theirs again, and only what comes then is unread', async () => {
    await upsert()
    await sam.say(deal, 'with Bea')
    await upsert({ participants: BOTH.slice(1) })
    await sam.say(deal, 'without Bea')
    const asks = `{ transaction(id: "${id}") { viewerUnreadCount messages { nodes { content } } } }`
    expect((await bea.ask(asks, {})).data).toEqual({ transaction: null })
    await upsert()
    await sam.say(deal, 'with Bea again')
    expect((await bea.ask(asks, {})).data).toEqual({
      transaction: {
        viewerUnreadCount: 1,
        messages: { nodes: [{ content: 'with Bea' }, { content: 'without Bea' }, { content: 'with Bea again' }] },
      },
    })
  })
})

describe('postSystemMessage', () => {
  beforeEach(() => upsert())

  test('says something to everybody, by nobody, and everybody has it unread', async () => {
    const { data } = await post({ content: 'Please note', clientMessageId: 'note-1' })
    const said = { sequence: 1, type: 'SYSTEM', content: 'Please note', sender: null, clientMessageId: 'note-1' }
    expect(data?.postSystemMessage.message).toMatchObject(said)
    for (const person of [bea, sam]) {
      const asks = `{ transaction(id: "${id}") { viewerUnreadCount lastMessage { type content sender { id } } } }`
      expect((await person.ask(asks, {})).data).toEqual({
        transaction: { viewerUnreadCount: 1, lastMessage: { type: 'SYSTEM', content: 'Please note', sender: null } },
      })
    }
  })

  test('under a key that was used returns the first and adds none, also twenty times at once', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => post({ clientMessageId: 'once' })))
    const ids = answers.map(({ data }) => data?.postSystemMessage.message.id)
    expect(new Set(ids).size).toBe(1)
    const before = await stored()
    expect((await post({ clientMessageId: 'once' })).data?.postSystemMessage.message.id).toBe(ids[0])
    expect(await stored()).toEqual(before)
  })

  test('under a key that was used for something else is a conflict, and nothing is stored', async () => {
    await post({ clientMessageId: 'taken' })
    const before = await stored()
    const answer = await post({ clientMessageId: 'taken', content: 'Something else' })
    expect(refusalOf(answer)).toEqual({ code: 'CONFLICT', field: 'clientMessageId' })
    expect(await stored()).toEqual(before)
  })

  test('shares no keys with the participants', async () => {
    const { message } = testService.service.services
    await message.send(bea.viewer, { transactionKey: key, content: 'of Bea', clientMessageId: 'same' })
    expect((await post({ clientMessageId: 'same' })).data?.postSystemMessage.message).toMatchObject({ sequence: 2 })
  })

  test('can be changed by nobody', async () => {
    const { data } = await post({})
    const messageId = data?.postSystemMessage.message.id
    for (const change of [
      `editMessage(input: { messageId: "${messageId}", content: "x" })`,
      `deleteMessage(input: { messageId: "${messageId}" })`,
    ]) {
      expect(refusalOf(await bea.ask(`mutation { ${change} { message { id } } }`, {}))).toEqual({ code: 'FORBIDDEN' })
    }
  })
})

describe('changeTransactionStatus', () => {
  beforeEach(() => upsert())

  test('moves the deal, and says so', async () => {
    const { changeTransactionStatus } = await changeStatus({ status: 'FUNDED', message: 'The money is there.' })
    expect(changeTransactionStatus.transaction).toMatchObject({
      status: 'FUNDED',
      messageCount: 1,
      lastMessage: { type: 'SYSTEM', content: 'The money is there.' },
    })
  })

  test('under a key that was used changes nothing, whatever is asked for', async () => {
    await changeStatus({ status: 'FUNDED', idempotencyKey: 'payment' })
    await changeStatus({ status: 'SHIPPED', idempotencyKey: 'parcel' })
    const before = await stored()
    for (const status of ['FUNDED', 'REFUNDED'] as const) {
      const { changeTransactionStatus } = await changeStatus({ status, message: 'Again', idempotencyKey: 'payment' })
      expect(changeTransactionStatus.transaction.status).toBe('SHIPPED')
    }
    expect(await stored()).toEqual(before)
  })
})
