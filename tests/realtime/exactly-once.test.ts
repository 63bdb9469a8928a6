import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { decodeCursor } from '../../src/chat/timeline/timeline-cursor.js'
import type { Caller, Deal, Person } from '../testkit/seed.js'
import { startTestService, type TestService } from '../testkit/service.js'
import { query } from '../testkit/sql.js'
import {
  FOLLOW_CHANGES,
  FOLLOW_MESSAGES,
  FOLLOW_STATUS,
  FOLLOW_TIMELINE,
  timelineCursor,
} from '../testkit/timeline-documents.js'
import { connect, listen } from '../testkit/websocket-client.js'
import { type Act, actAtOnce, anyActs } from './timeline-acts.js'

/** Each way to follow: what it asks, where its answer has the cursor, and the kinds of entries that it is about. */
const WAYS = {
  messages: { document: FOLLOW_MESSAGES, kinds: ['MESSAGE_SENT'] },
  changes: { document: FOLLOW_CHANGES, kinds: ['MESSAGE_EDITED', 'MESSAGE_DELETED'] },
  status: { document: FOLLOW_STATUS, kinds: ['STATUS_CHANGED'] },
  timeline: {
    document: FOLLOW_TIMELINE,
    kinds: ['MESSAGE_SENT', 'MESSAGE_EDITED', 'MESSAGE_DELETED', 'STATUS_CHANGED'],
  },
} as const

const MAX_PATIENCE = 8

interface Subscriber {
  readonly way: keyof typeof WAYS
  /** After how many entries it goes away and comes back, again and again. */
  readonly patience: number
  /** Whether it takes the socket with it. */
  readonly closesSocket: boolean
  /** Whether it is the deal's partner, who takes no part in it. */
  readonly isPartner: boolean
}

const anySubscriber: fc.Arbitrary<Subscriber> = fc.record({
  way: fc.constantFrom(...(Object.keys(WAYS) as (keyof typeof WAYS)[])),
  patience: fc.integer({ min: 1, max: MAX_PATIENCE }),
  closesSocket: fc.boolean(),
  isPartner: fc.boolean(),
})

let testService: TestService
let people: readonly [Person, Person, Person]
let partner: Caller
let deals = 0

beforeAll(async () => {
  testService = await startTestService()
  const { seed } = testService
  people = [await seed.person('bea'), await seed.person('sam'), await seed.person('ana')]
  partner = await seed.caller({ clientId: 'shop', scopes: ['history:read'] })
})
afterAll(() => testService.close())

/** The positions that a subscriber is given, in the order in which it gets them, until it is beyond the last one that counts. */
async function follow({ way, patience, closesSocket, isPartner }: Subscriber, deal: Deal, start: string, end: End) {
  const { token } = isPartner ? partner : people[1]
  const positions: number[] = []
  let after = start
  let client = connect(testService.webSocketUrl, token)
  do {
    const listener = listen<object, { transactionId: string; after: string }>(client, WAYS[way].document, {
      transactionId: deal.id,
      after,
    })
    for (let heard = 0; heard < patience; heard += 1) {
      const [delivered] = Object.values(await listener.next()) as { cursor: string }[]
      after = delivered?.cursor ?? ''
      positions.push(decodeCursor(after, 'after', { transactionKey: deal.key, head: Number.MAX_SAFE_INTEGER }))
    }
    listener.stop()
    if (closesSocket) {
      client.terminate()
      client = connect(testService.webSocketUrl, token)
    }
  } while ((positions.at(-1) ?? 0) < end.position)
  await client.dispose()
  return positions
}

/** Where everybody is done; infinitely far away as long as that isn't known. */
interface End {
  position: number
}

/** What there is to hear since the deal was registered, which took its first four entries. */
async function positionsOf(deal: Deal, kinds: readonly string[]): Promise<number[]> {
  const rows = await query<{ position: number }>(
    testService.database.url,
    `SELECT position FROM "TimelineEntry"
     WHERE "transactionKey" = $1 AND kind::text = ANY($2) AND position > 4 ORDER BY position`,
    [deal.key, kinds],
  )
  return rows.map(({ position }) => position)
}

/** Something of every kind, enough for everyone who still waits for more. */
async function sayGoodbye(deal: Deal): Promise<void> {
  const { message: messages } = testService.service.services
  for (let nth = 1; nth <= MAX_PATIENCE; nth += 1) {
    const { id } = await people[0].say(deal, `goodbye ${nth}`)
    await messages.edit(people[0].viewer, id, `farewell ${nth}`)
    await deal.changeStatus(nth % 2 === 0 ? 'CANCELLED' : 'REFUNDED')
  }
}

/** Everybody acts, and those who still wait then are released. */
async function actAndEnd(deal: Deal, acts: readonly (readonly Act[])[], end: End): Promise<void> {
  await actAtOnce(testService.service.services, deal, people, acts)
  end.position = (await positionsOf(deal, WAYS.timeline.kinds)).at(-1) ?? 0
  await sayGoodbye(deal)
}

async function everyoneSeesEverything(acts: readonly (readonly Act[])[], subscribers: readonly Subscriber[]) {
  deals += 1
  const [bea, sam, ana] = people
  const deal = await testService.seed.deal(
    `property-${deals}`,
    { buyer: bea, seller: sam, agent: ana },
    { partnerClientId: 'shop' },
  )
  const start = await timelineCursor(sam, deal)
  const end: End = { position: Number.POSITIVE_INFINITY }
  const following = subscribers.map((subscriber) => follow(subscriber, deal, start, end))
  const [, ...heardByAll] = await Promise.all([actAndEnd(deal, acts, end), ...following])

  for (const [index, { way }] of subscribers.entries()) {
    const heard = heardByAll[index] ?? []
    const stored = await positionsOf(deal, WAYS[way].kinds)
    expect(heard).toEqual(stored.slice(0, heard.length))
    expect(heard.at(-1)).toBeGreaterThanOrEqual(end.position)
  }
}

test('whoever resumes with the newest cursor sees every entry of the wanted kinds exactly once and in order', async () => {
  await fc.assert(
    fc.asyncProperty(anyActs, fc.array(anySubscriber, { minLength: 3, maxLength: 6 }), everyoneSeesEverything),
    { numRuns: 6, verbose: fc.VerbosityLevel.Verbose, endOnFailure: true },
  )
}, 120_000)
