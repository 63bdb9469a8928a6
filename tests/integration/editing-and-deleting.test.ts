import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { refusalOf } from '../testkit/http-client.js'
import type { Deal, Person } from '../testkit/seed.js'
import { startTestService, type TestService } from '../testkit/service.js'
import { contentsOf, query } from '../testkit/sql.js'
import { DELETE, EDIT } from '../testkit/writing.js'

let testService: TestService
let bea: Person
let sam: Person
let deal: Deal
let messageId: string

beforeAll(async () => {
  testService = await startTestService()
  bea = await testService.seed.person('bea')
  sam = await testService.seed.person('sam')
})
beforeEach(async ({ task }) => {
  deal = await testService.seed.deal(task.id, { buyer: bea, seller: sam }, { partnerClientId: 'shop' })
  messageId = `msg_${(await bea.say(deal, 'first words')).id}` // at position 4
})
afterAll(() => testService.close())

const edit = (content: string) => bea.get(EDIT, { input: { messageId, content } })
const remove = () => bea.get(DELETE, { input: { messageId } })
const stored = () => contentsOf(testService.database.url)

/** What the timeline has about the message. */
function entries(): Promise<Record<string, unknown>[]> {
  return query(
    testService.database.url,
    `SELECT position, kind::text, "actorKey", data FROM "TimelineEntry"
     WHERE "transactionKey" = $1 AND position > 3 ORDER BY position`,
    [deal.key],
  )
}

const SENT = { position: 4, kind: 'MESSAGE_SENT', actorKey: 'bea', data: { content: 'first words' } }

describe('an edit', () => {
  test('changes what the message says, and the timeline keeps what it said', async () => {
    const { editMessage } = await edit('second words')
    expect(editMessage.message).toEqual({
      id: messageId,
      sequence: 1,
      version: 5,
      content: 'second words',
      editedAt: expect.any(String),
      deletedAt: null,
    })
    const edited = { position: 5, kind: 'MESSAGE_EDITED', actorKey: 'bea', data: { content: 'second words' } }
    expect(await entries()).toEqual([SENT, edited])
  })

  test('back to the first words is an edit like any other', async () => {
    await edit('second words')
    expect((await edit('first words')).editMessage.message).toMatchObject({ content: 'first words', version: 6 })
  })

  test('that changes nothing writes nothing', async () => {
    const { editMessage: first } = await edit('second words')
    const before = await stored()
    expect((await edit('second words')).editMessage).toEqual(first)
    expect(await stored()).toEqual(before)
  })

  test('of a deleted message is a CONFLICT, and nothing is stored', async () => {
    await remove()
    const before = await stored()
    const refusal = refusalOf(await bea.ask(EDIT, { input: { messageId, content: 'again' } }))
    expect(refusal).toEqual({ code: 'CONFLICT', field: 'messageId' })
    expect(await stored()).toEqual(before)
  })
})

describe('a deletion', () => {
  test('leaves a tombstone in its place', async () => {
    await edit('second words')
    const { deleteMessage } = await remove()
    expect(deleteMessage.message).toEqual({
      id: messageId,
      sequence: 1,
      version: 6,
      content: null,
      editedAt: expect.any(String),
      deletedAt: expect.any(String),
    })
    expect((await entries()).at(-1)).toEqual({ position: 6, kind: 'MESSAGE_DELETED', actorKey: 'bea', data: {} })
    expect((await sam.say(deal, 'next')).sequence).toBe(2)
  })

  test('a second time changes nothing and writes nothing', async () => {
    const { deleteMessage: first } = await remove()
    const before = await stored()
    expect((await remove()).deleteMessage).toEqual(first)
    expect(await stored()).toEqual(before)
  })
})

test('of twenty edits and a deletion at once, each that succeeds has a position of its own, and none follows the deletion', async () => {
  const editing = Array.from({ length: 20 }, (_, nth) =>
    bea.ask(EDIT, { input: { messageId, content: `words ${nth}` } }),
  )
  const [answers, { deleteMessage }] = await Promise.all([Promise.all(editing), remove()])
  const versions = answers.flatMap(({ data }) => data?.editMessage.message.version ?? [])
  const refused = answers.filter(({ errors }) => errors.length > 0).map(refusalOf)
  expect(refused.every(({ code }) => code === 'CONFLICT')).toBe(true)
  const all = [...versions, deleteMessage.message.version].sort((one, other) => one - other)
  expect(all).toEqual(all.map((_, index) => index + 5))
  expect(deleteMessage.message.version).toBe(all.at(-1))
  expect((await entries()).map(({ position }) => position)).toEqual([4, ...all])
})

describe.each([
  ['edit', (caller: Pick<Person, 'ask'>) => caller.ask(EDIT, { input: { messageId, content: 'mine now' } })],
  ['delete', (caller: Pick<Person, 'ask'>) => caller.ask(DELETE, { input: { messageId } })],
])('nobody but its sender may %s a message:', (_, change) => {
  test.each([
    ['not another participant', async () => sam, 'FORBIDDEN'],
    ['not a partner', () => testService.seed.caller({ clientId: 'shop', scopes: ['history:read'] }), 'FORBIDDEN'],
    ['not the platform', () => testService.seed.caller({ scopes: ['platform'] }), 'FORBIDDEN'],
    ['not a stranger', () => testService.seed.person('stranger'), 'NOT_FOUND'],
  ])('%s', async (_who, caller, code) => {
    const person = await caller()
    const before = await stored()
    expect(refusalOf(await change(person))).toMatchObject({ code })
    expect(await stored()).toEqual(before)
  })

  test('not its sender either, who takes part no more', async () => {
    await deal.seat({ seller: sam })
    const before = await stored()
    expect(refusalOf(await change(bea))).toEqual({ code: 'NOT_FOUND', field: 'messageId' })
    expect(await stored()).toEqual(before)
  })
})

test('nobody may change what the platform said', async () => {
  await deal.changeStatus('FUNDED', 'The money is there.')
  const [said] = await query<{ id: string }>(
    testService.database.url,
    `SELECT id FROM "Message" WHERE "transactionKey" = $1 AND type = 'SYSTEM'`,
    [deal.key],
  )
  const input = { messageId: `msg_${said?.id}` }
  expect(refusalOf(await bea.ask(EDIT, { input: { ...input, content: 'x' } }))).toEqual({ code: 'FORBIDDEN' })
  expect(refusalOf(await bea.ask(DELETE, { input }))).toEqual({ code: 'FORBIDDEN' })
})
