import fc from 'fast-check'
import type { Client } from 'graphql-ws'
import { afterAll, beforeAll, expect, inject, test, vi } from 'vitest'
import { MessageStore } from '../../src/chat/message/message-store.js'
import { encodeCursor } from '../../src/chat/timeline/timeline-cursor.js'
import { TransactionStore } from '../../src/chat/transaction/transaction-store.js'
import type { Deal, Person } from '../testkit/seed.js'
import { startTestService, type TestNode, type TestService } from '../testkit/service.js'
import { query } from '../testkit/sql.js'
import { FOLLOW_MESSAGES } from '../testkit/timeline-documents.js'
import { connect, listen } from '../testkit/websocket-client.js'
import { READINGS, scrollUp } from './page-readings.js'
import { untilAvailable } from './timeline-acts.js'

// A page is read with `timelineCursor`, and a subscription begins there, while everybody talks: together they have it all.

const anyMeeting = fc.record({
  reading: fc.constantFrom(...(Object.keys(READINGS) as (keyof typeof READINGS)[])),
  size: fc.oneof(fc.integer({ min: 1, max: 6 }), fc.constant(100)),
  /** How much is said before anybody listens; nothing at all is a case of its own. */
  before: fc.oneof(fc.constant(0), fc.nat(12)),
  /** How much each of the senders says, one after the other, while the reader reads and subscribes. */
  during: fc.array(fc.nat(15), { minLength: 2, maxLength: 6 }),
  /** After how much of that the reader reads, and after how much more it subscribes. */
  readsAfter: fc.nat(25),
  subscribesAfter: fc.oneof(fc.constant(0), fc.nat(25)),
  /** How much is said before the reader's transaction is read, and before the page is. */
  rowComesAfter: fc.oneof(fc.constant(0), fc.nat(15)),
  pageComesAfter: fc.oneof(fc.constant(0), fc.nat(15)),
  afterwards: fc.nat(3),
  /** Whether the subscription is on another node than the page and all who talk; such a case takes up to 2 s. */
  isElsewhere: fc.oneof({ weight: 7, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
})
type Meeting = typeof anyMeeting extends fc.Arbitrary<infer Value> ? Value : never

/** What it is about is between pages and followers; that a bus carries news as well or as badly, others test. */
const CASES = inject('isOverRedis') ? 30 : 100

let testService: TestService
let people: readonly [Person, Person, Person]
let anotherNode: TestNode
let clients: { here: Client; elsewhere: Client }
let meetings = 0
let overlaps = 0

beforeAll(async () => {
  testService = await startTestService()
  const { seed } = testService
  people = [await seed.person('bea'), await seed.person('sam'), await seed.person('ana')]
  anotherNode = await testService.startAnotherNode()
  const { token } = people[1]
  clients = { here: connect(testService.webSocketUrl, token), elsewhere: connect(anotherNode.webSocketUrl, token) }
})
afterAll(async () => {
  await clients.here.dispose()
  await clients.elsewhere.dispose()
  await anotherNode.close()
  await testService.close()
  console.log(`${meetings} meetings; in ${overlaps} the page had messages that came once more`)
})

/** Several people who talk, each for themselves. */
function startTalk(deal: Deal, counts: readonly number[]) {
  let said = 0
  let isOver = false
  const waiting = new Set<() => void>()
  const wake = () => {
    for (const resume of waiting) resume()
    waiting.clear()
  }
  const over = Promise.all(
    counts.map(async (count, sender) => {
      for (let nth = 0; nth < count; nth += 1) {
        await untilAvailable(() => (people[sender % 3] ?? people[0]).say(deal, `${sender} says ${nth}`))
        // Entries that are no messages stand in between.
        if (nth % 4 === 3) await untilAvailable(() => deal.changeStatus(nth % 8 === 3 ? 'FUNDED' : 'SHIPPED'))
        said += 1
        wake()
      }
    }),
  ).then(() => {
    isOver = true
    wake()
  })
  return {
    over,
    /** Waits until so much was said, or all. */
    async until(count: (saidSoFar: number) => number) {
      const enough = count(said)
      while (said < enough && !isOver) {
        await new Promise<void>((resolve) => waiting.add(resolve))
      }
    },
  }
}

/** Reads with a transaction and a page that come late, each by itself. */
async function readSlowly(deal: Deal, meeting: Meeting, talk: ReturnType<typeof startTalk>) {
  const { find } = TransactionStore.prototype
  vi.spyOn(TransactionStore.prototype, 'find').mockImplementation(async function (this: TransactionStore, ...args) {
    await talk.until((saidSoFar) => saidSoFar + meeting.rowComesAfter)
    return find.apply(this, args)
  })
  const { pages } = MessageStore.prototype
  vi.spyOn(MessageStore.prototype, 'pages').mockImplementation(async function (this: MessageStore, ...args) {
    await talk.until((saidSoFar) => saidSoFar + meeting.pageComesAfter)
    return pages.apply(this, args)
  })
  try {
    return await READINGS[meeting.reading](people[1], deal, meeting.size)
  } finally {
    vi.restoreAllMocks()
  }
}

async function readAndFollow(deal: Deal, meeting: Meeting, talk: ReturnType<typeof startTalk>) {
  await talk.until(() => meeting.readsAfter)
  const { page, timelineCursor: after } = await readSlowly(deal, meeting, talk)
  await talk.until((saidSoFar) => saidSoFar + meeting.subscribesAfter)
  const client = meeting.isElsewhere ? clients.elsewhere : clients.here
  return { page, after, listener: listen(client, FOLLOW_MESSAGES, { transactionId: deal.id, after }) }
}

async function meet(meeting: Meeting): Promise<void> {
  meetings += 1
  const [bea, sam, ana] = people
  const deal = await testService.seed.deal(`meeting-${meetings}`, { buyer: bea, seller: sam, agent: ana })
  await startTalk(deal, [meeting.before]).over
  const talk = startTalk(deal, meeting.during)
  const { page, after, listener } = await readAndFollow(deal, meeting, talk)
  await talk.over
  await startTalk(deal, [meeting.afterwards]).over
  const last = await bea.say(deal, 'That was all.')
  const delivered: { cursor: string; node: { id: string; sequence: number } }[] = []
  do delivered.push((await listener.next()).messageAdded)
  while (delivered.at(-1)?.node.id !== `msg_${last.id}`)
  listener.stop()

  const history = await scrollUp(sam, deal, meeting.size, page)
  const rows = await query<{ id: string; sequence: number; position: number }>(
    testService.database.url,
    `SELECT 'msg_' || "id" AS "id", "sequence", "position" FROM "Message" WHERE "transactionKey" = $1 ORDER BY "position"`,
    [deal.key],
  )
  const stored = rows.map(({ id, sequence, position }) => ({
    cursor: encodeCursor(deal.key, position),
    node: { id, sequence },
  }))
  // Each in order and without a gap: the page and what is before it from the first on, the subscription up to the last.
  expect(history).toEqual(stored.slice(0, history.length))
  const fresh = stored.length - delivered.length
  expect(delivered.map(({ cursor, node: { id, sequence } }) => ({ cursor, node: { id, sequence } }))).toEqual(
    stored.slice(fresh),
  )
  expect(history.length).toBeGreaterThanOrEqual(fresh)
  // Twice comes only what is beyond the cursor, and a message before it comes from the page alone.
  const isBeyond = (cursor: string) => positionOf(cursor) > positionOf(after)
  expect(stored.filter(({ cursor }) => isBeyond(cursor))).toEqual(stored.slice(fresh))
  if (history.length > fresh) overlaps += 1
}

const positionOf = (cursor: string) => Number.parseInt(Buffer.from(cursor, 'base64url').toString(), 10)

test('a page and the subscription from its `timelineCursor` bring everything that is said, the first message included', async () => {
  await fc.assert(fc.asyncProperty(anyMeeting, meet), { numRuns: CASES, endOnFailure: true })
}, 180_000)
