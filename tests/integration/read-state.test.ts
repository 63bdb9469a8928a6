import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { graphql } from '../generated/gql.js'
import { refusalOf } from '../testkit/http-client.js'
import type { Deal, Person } from '../testkit/seed.js'
import { startTestService, type TestService } from '../testkit/service.js'
import { contentsOf } from '../testkit/sql.js'
import { MARK_READ } from '../testkit/writing.js'

const READ_STATE = graphql(`
  query ReadState($id: ID!) {
    viewer {
      unreadCount
    }
    all: unreadCount
    one: unreadCount(transactionId: $id)
    transaction(id: $id) {
      viewerUnreadCount
      viewerParticipant {
        lastReadSequence
        lastReadAt
      }
    }
  }
`)

let testService: TestService
let bea: Person
let sam: Person
let deal: Deal

beforeAll(async () => {
  testService = await startTestService()
})
beforeEach(async ({ task }) => {
  bea = await testService.seed.person(`bea-${task.id}`)
  sam = await testService.seed.person(`sam-${task.id}`)
  deal = await testService.seed.deal(task.id, { buyer: bea, seller: sam }, { partnerClientId: 'shop' })
})
afterAll(() => testService.close())

/** How many are unread, the same wherever it is said. */
async function unread(person: Person): Promise<{ here: number; everywhere: number; lastRead: number | undefined }> {
  const { viewer, all, one, transaction } = await person.get(READ_STATE, { id: deal.id })
  expect(all).toBe(viewer.unreadCount)
  expect(transaction?.viewerUnreadCount).toBe(one)
  return { here: one, everywhere: all, lastRead: transaction?.viewerParticipant?.lastReadSequence }
}

async function markRead(person: Person, { id }: { id: string }) {
  const input = { transactionId: deal.id, upToMessageId: `msg_${id}` }
  return (await person.get(MARK_READ, { input })).markRead
}

describe('messages are unread', () => {
  test('until they are marked as read', async () => {
    const first = await sam.say(deal, 'one')
    await sam.say(deal, 'two')
    expect(await unread(bea)).toEqual({ here: 2, everywhere: 2, lastRead: 0 })
    const other = await testService.seed.deal(`${deal.key}-other`, { buyer: bea, seller: sam })
    await sam.say(other, 'elsewhere')
    expect(await markRead(bea, first)).toEqual({
      participant: { user: { id: bea.id }, lastReadSequence: 1, lastReadAt: expect.any(String) },
      transaction: { id: deal.id, viewerUnreadCount: 1 },
      viewer: { unreadCount: 2 },
    })
    expect(await unread(bea)).toEqual({ here: 1, everywhere: 2, lastRead: 1 })
  })

  test('for the others, and not for whoever sends: that reads all before it as well, but says so to nobody', async () => {
    await sam.say(deal, 'one')
    await bea.say(deal, 'two')
    expect(await unread(bea)).toEqual({ here: 0, everywhere: 0, lastRead: 0 })
    expect(await unread(sam)).toEqual({ here: 1, everywhere: 1, lastRead: 0 })
  })

  test('when the platform says them or they were deleted meanwhile; a change of status by itself is none', async () => {
    const { id } = await sam.say(deal, 'one')
    await testService.service.services.message.delete(sam.viewer, id)
    await deal.changeStatus('FUNDED', 'The money is there.')
    await deal.changeStatus('SHIPPED')
    expect((await unread(bea)).here).toBe(2)
  })

  test('from the moment of joining, and from anew for whoever comes back', async () => {
    const ana = await testService.seed.person(`ana-${deal.key}`)
    await bea.say(deal, 'before')
    await deal.seat({ buyer: bea, seller: sam, agent: ana })
    expect((await unread(ana)).here).toBe(0)
    const message = await bea.say(deal, 'with Ana')
    await markRead(ana, message)
    await deal.seat({ buyer: bea, seller: sam })
    await bea.say(deal, 'without Ana')
    await deal.seat({ buyer: bea, seller: sam, agent: ana })
    expect(await unread(ana)).toEqual({ here: 0, everywhere: 0, lastRead: 2 })
    await bea.say(deal, 'welcome back')
    expect((await unread(ana)).here).toBe(1)
  })

  test('still, when only the role changes', async () => {
    await bea.say(deal, 'one')
    await deal.seat({ buyer: bea, agent: sam })
    expect((await unread(sam)).here).toBe(1)
  })

  test('no more for whoever left', async () => {
    await bea.say(deal, 'one')
    await deal.seat({ buyer: bea })
    const { data } = await sam.ask('{ unreadCount viewer { unreadCount } }', {})
    expect(data).toEqual({ unreadCount: 0, viewer: { unreadCount: 0 } })
  })
})

describe('a read position', () => {
  test('moves forward only, and stays as it is when it would go back', async () => {
    const [first, second] = [await sam.say(deal, 'one'), await sam.say(deal, 'two')]
    const marked = await markRead(bea, second)
    const before = await contentsOf(testService.database.url)
    expect(await markRead(bea, first)).toEqual(marked)
    expect(await markRead(bea, second)).toEqual(marked)
    expect(await contentsOf(testService.database.url)).toEqual(before)
  })

  test('moves over own messages too', async () => {
    const own = await bea.say(deal, 'one')
    expect((await markRead(bea, own)).participant.lastReadSequence).toBe(1)
  })

  test('ends at the newest of all that are marked at once', async () => {
    const messages = []
    for (let nth = 0; nth < 10; nth += 1) messages.push(await sam.say(deal, `message ${nth}`))
    await Promise.all(messages.toReversed().map((message) => markRead(bea, message)))
    expect(await unread(bea)).toEqual({ here: 0, everywhere: 0, lastRead: 10 })
  })
})

test('whatever is said and read, what is unread is what came after the last own or read message', async () => {
  const step = fc.record({ who: fc.constantFrom('bea', 'sam'), does: fc.constantFrom('say', 'say', 'read', 'delete') })
  const round = async (steps: { who: string; does: string }[]) => {
    const seen = { bea: (await bea.say(deal, 'start')).sequence, sam: 0 }
    let newest = await sam.say(deal, 'start too')
    seen.sam = newest.sequence
    for (const { who, does } of steps) {
      const person = who === 'bea' ? bea : sam
      if (does === 'say') newest = await person.say(deal, 'words')
      if (does === 'read') await testService.service.services.receipt.markRead(person.viewer, deal.key, newest.id)
      if (does === 'delete' && newest.senderKey === person.key) {
        await testService.service.services.message.delete(person.viewer, newest.id)
      } else if (does !== 'delete') seen[who === 'bea' ? 'bea' : 'sam'] = newest.sequence
    }
    expect((await unread(bea)).here).toBe(newest.sequence - seen.bea)
    expect((await unread(sam)).here).toBe(newest.sequence - seen.sam)
  }
  await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 12 }), round), { numRuns: 20 })
})

test.each([
  ['a partner', { clientId: 'shop', scopes: ['history:read'] }],
  ['the platform', { scopes: ['platform'] }],
])('%s has nothing unread and can not read', async (_, request) => {
  const { id } = await bea.say(deal, 'one')
  const caller = await testService.seed.caller(request)
  const { data } = await caller.ask(`{ unreadCount one: unreadCount(transactionId: "${deal.id}") }`, {})
  expect(data).toEqual({ unreadCount: 0, one: 0 })
  const input = { transactionId: deal.id, upToMessageId: `msg_${id}` }
  expect(refusalOf(await caller.ask(MARK_READ, { input }))).toEqual({ code: 'FORBIDDEN' })
})
