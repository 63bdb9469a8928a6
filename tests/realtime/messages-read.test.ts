import pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { ReceiptService } from '../../src/chat/receipt/receipt-service.js'
import { READ_HEADS } from '../../src/chat/timeline/read-statement.js'
import { graphql } from '../generated/gql.js'
import { watchFollowers } from '../testkit/followers.js'
import { RawSocket } from '../testkit/raw-socket.js'
import type { Deal, Person } from '../testkit/seed.js'
import { startTestService, type TestService } from '../testkit/service.js'
import { GONE } from '../testkit/timeline-documents.js'
import { connect, listen } from '../testkit/websocket-client.js'
import { watchBeginnings } from './begun.js'
import { FOLLOW_READS } from './signal-documents.js'

const FOLLOW_READS_WITH_MORE = graphql(`
  subscription MessagesReadWithMore($transactionId: ID!) {
    messagesRead(transactionId: $transactionId) {
      lastReadSequence
      transaction {
        title
        messageCount
      }
    }
  }
`)

const statements = vi.spyOn(pg.Client.prototype, 'query')
const followers = watchFollowers()

const begun = watchBeginnings(ReceiptService.prototype)
let testService: TestService
let bea: Person
let sam: Person
let deal: Deal

beforeAll(async () => {
  testService = await startTestService()
  bea = await testService.seed.person('bea', 'Bea')
  sam = await testService.seed.person('sam', 'Sam')
})
beforeEach(async ({ task }) => {
  begun.forget()
  deal = await testService.seed.deal(task.id, { buyer: bea, seller: sam })
})
afterAll(() => testService.close())

const markRead = (person: Person, { id }: { id: string }) =>
  testService.service.services.receipt.markRead(person.viewer, deal.key, id)

/** Sam says a few words. */
async function samSays(count: number): Promise<{ id: string; sequence: number }[]> {
  const said = []
  for (let nth = 1; nth <= count; nth += 1) said.push(await sam.say(deal, `message ${nth}`))
  return said
}

/** Whatever was asked of the database but for the healing. */
function statementCount(): number {
  return statements.mock.calls.filter(([statement]) => (statement as { name?: string }).name !== READ_HEADS.name).length
}

describe('whoever listens', () => {
  test('is told who has read how far, the reader too', async () => {
    const clients = [sam, bea].map((person) => connect(testService.webSocketUrl, person.token))
    const listeners = clients.map((client) => listen(client, FOLLOW_READS, { transactionId: deal.id }))
    await begun.count(2)
    const [, second] = await samSays(2)
    const { lastReadAt } = await markRead(bea, second ?? { id: '' })

    for (const listener of listeners) {
      expect((await listener.next()).messagesRead).toEqual({
        role: 'BUYER',
        lastReadSequence: 2,
        lastReadAt: lastReadAt?.toISOString(),
        user: { id: bea.id, displayName: 'Bea' },
      })
    }
    for (const client of clients) await client.dispose()
  })

  test('is told only when a position moves', async () => {
    const client = connect(testService.webSocketUrl, sam.token)
    const listener = listen(client, FOLLOW_READS, { transactionId: deal.id })
    await begun.count(1)
    const [first, second, third] = await samSays(3)
    const own = await bea.say(deal, 'sending says nothing of reading')
    const sequences: number[] = []
    for (const messages of [[second], [second, first, third], [third, second, own]]) {
      for (const message of messages) await markRead(bea, message ?? { id: '' })
      sequences.push((await listener.next()).messagesRead.lastReadSequence)
    }
    expect(sequences).toEqual([2, 3, 4])
    await client.dispose()
  })

  test('is told nothing of a message of another deal, and nothing of other deals', async () => {
    const other = await testService.seed.deal(`${deal.key}-other`, { buyer: bea, seller: sam })
    const elsewhere = await sam.say(other, 'elsewhere')
    const client = connect(testService.webSocketUrl, sam.token)
    const listener = listen(client, FOLLOW_READS, { transactionId: deal.id })
    await begun.count(1)
    await expect(markRead(bea, elsewhere)).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
      details: { field: 'upToMessageId' },
    })
    await testService.service.services.receipt.markRead(bea.viewer, other.key, elsewhere.id)
    await samSays(1)
    const [, last] = await samSays(2)
    await markRead(bea, last ?? { id: '' })
    expect((await listener.next()).messagesRead.lastReadSequence).toBe(3)
    await client.dispose()
  })

  test('gets what else it asks for as it is by then', async () => {
    const client = connect(testService.webSocketUrl, sam.token)
    const listener = listen(client, FOLLOW_READS_WITH_MORE, { transactionId: deal.id })
    await begun.count(1)
    const [message] = await samSays(1)
    await markRead(bea, message ?? { id: '' })
    expect((await listener.next()).messagesRead).toEqual({
      lastReadSequence: 1,
      transaction: { title: `The deal ${deal.key}`, messageCount: 1 },
    })
    await client.dispose()
  })

  test('costs no statement when what it asks for comes along', async () => {
    const messages = await samSays(2)
    const clients = Array.from({ length: 8 }, () => connect(testService.webSocketUrl, sam.token))
    const takenBy = async (subscribers: number, message: { id: string } = { id: '' }) => {
      begun.forget()
      const some = clients.slice(0, subscribers)
      const listeners = some.map((client) => listen(client, FOLLOW_READS, { transactionId: deal.id }))
      await begun.count(subscribers)
      const before = statementCount()
      await markRead(bea, message)
      await Promise.all(listeners.map((listener) => listener.next()))
      const taken = statementCount() - before
      for (const listener of listeners) listener.stop()
      return taken
    }
    const forOne = await takenBy(1, messages[0])
    expect(forOne).toBeGreaterThan(0)
    expect(await takenBy(8, messages[1])).toBe(forOne)
    for (const client of clients) await client.dispose()
  })
})

describe('the subscription', () => {
  test('ends where its viewer is removed, also by another node, and tells nothing later', async () => {
    const elsewhere = await testService.startAnotherNode()
    const [message] = await samSays(1)
    const client = connect(elsewhere.webSocketUrl, sam.token)
    const listener = listen(client, FOLLOW_READS, { transactionId: deal.id })
    await begun.count(1)
    await deal.seat({ buyer: bea })
    expect(await listener.ended).toEqual([GONE])
    await elsewhere.service.services.receipt.markRead(bea.viewer, deal.key, message?.id ?? '')
    expect(await listener.untilEnd()).toEqual([])
    await client.dispose()
    await elsewhere.close()
  })

  test('goes on when only the role of its viewer changes', async () => {
    const [message] = await samSays(1)
    const client = connect(testService.webSocketUrl, sam.token)
    const listener = listen(client, FOLLOW_READS, { transactionId: deal.id })
    await begun.count(1)
    await deal.seat({ buyer: bea, arbiter: sam })
    await markRead(bea, message ?? { id: '' })
    expect((await listener.next()).messagesRead.lastReadSequence).toBe(1)
    await client.dispose()
  })

  test.each(['close', 'terminate'] as const)('leaves nothing behind when its socket ends (%s)', async (end) => {
    const socket = await RawSocket.connect(testService.webSocketUrl, sam.token)
    socket.subscribe('1', 'subscription ($id: ID!) { messagesRead(transactionId: $id) { id } }', { id: deal.id })
    await begun.count(1)
    expect(followers.size).toBe(1)
    await socket[end]()
    await vi.waitFor(() => expect(followers.size).toBe(0))
  })
})
