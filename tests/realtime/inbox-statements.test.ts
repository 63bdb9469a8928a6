import type { Client } from 'graphql-ws'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { READ_FINGERPRINTS, READ_STAMPS, READ_STATES } from '../../src/chat/inbox/inbox-statement.js'
import { Regularly } from '../../src/chat/regularly.js'
import { graphql } from '../generated/gql.js'
import type { Deal, Person } from '../testkit/seed.js'
import { startTestService, type TestService } from '../testkit/service.js'
import { connect, listen } from '../testkit/websocket-client.js'
import { untilListening } from './inbox-documents.js'

// The clock of intervals is the test's: the lists are asked for when it says so.

const COUNT_INBOX = graphql(`
  subscription CountInbox {
    inboxChanged {
      transactionId
      transaction {
        messageCount
      }
    }
  }
`)

const SOCKETS = 4
let testService: TestService
let people: Person[]
let clients: Client[]
let deal: Deal

beforeAll(async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  testService = await startTestService()
  people = await Promise.all(['bea', 'sam', 'ana'].map((key) => testService.seed.person(key)))
  const [bea, sam, ana] = people
  if (!bea || !sam || !ana) throw new Error('There is nobody')
  deal = await testService.seed.deal('deal', { buyer: bea, seller: sam, agent: ana })
  clients = people.flatMap((person) =>
    Array.from({ length: SOCKETS }, () => connect(testService.webSocketUrl, person.token)),
  )
})
afterEach(() => vi.restoreAllMocks())
afterAll(async () => {
  await Promise.all(clients.map((client) => client.dispose()))
  await testService.close()
  vi.useRealTimers()
})

/** How often each of the room's statements is sent meanwhile: states, stamps, fingerprints. */
async function countedIn(work: () => Promise<unknown>): Promise<number[]> {
  const queries = vi.spyOn(pg.Client.prototype, 'query')
  await work()
  const names = queries.mock.calls.map(([statement]) => (statement as { name?: string }).name)
  queries.mockRestore()
  return [READ_STATES, READ_STAMPS, READ_FINGERPRINTS].map((one) => names.filter((name) => name === one.name).length)
}

/** The time of intervals passes, and what the service asks then is answered. */
async function tick(): Promise<void> {
  const heal = vi.spyOn(Regularly.prototype, 'now')
  await vi.advanceTimersByTimeAsync(2_000)
  await Promise.all(heal.mock.results.map(({ value }) => value))
}

test('a message is one reading for all who listen on a node, and the next look at the lists finds nothing new', async () => {
  const listeners = await untilListening(clients.length, () => clients.map((client) => listen(client, COUNT_INBOX, {})))
  const [bea] = people
  for (const count of [1, 2, 3]) {
    const counted = await countedIn(async () => {
      await bea?.say(deal, 'Hello')
      for (const listener of listeners) {
        const { transaction } = (await listener.next()).inboxChanged
        expect(transaction?.messageCount).toBe(count)
      }
    })
    // Those who rest still are read for at the ticks on which their rests end: one, or on a slow machine a few.
    expect(counted[0]).toBeGreaterThanOrEqual(1)
    expect(counted[0]).toBeLessThanOrEqual(count === 1 ? 1 : 4)
  }
  expect(await countedIn(tick)).toEqual([0, 0, 1])
  for (const listener of listeners) listener.stop()
})
