import fc from 'fast-check'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { graphql } from '../generated/gql.js'
import type { Deal, Person } from '../testkit/seed.js'
import { startTestService, type TestService } from '../testkit/service.js'
import { actOut, anyRounds, type Heard, type Round, type Stage } from './read-acts.js'
import { watchSeats } from './read-watch.js'

// Whatever happens at once: afterwards what is said to be unread is what one gets by counting the messages one by one.

const READ_STATE = graphql(`
  query ReadStateProperty {
    viewer {
      unreadCount
    }
    unreadCount
    all: transactions(first: 100) {
      nodes {
        id
        viewerUnreadCount
        participants {
          user {
            id
          }
          lastReadSequence
        }
      }
    }
    unread: transactions(first: 100, filter: { unread: true }) {
      nodes {
        id
      }
    }
    read: transactions(first: 100, filter: { unread: false }) {
      nodes {
        id
      }
    }
  }
`)

let testService: TestService
let client: pg.Client
let cases = 0

beforeAll(async () => {
  testService = await startTestService()
  client = new pg.Client({ connectionString: testService.database.url })
  await client.connect()
})
afterAll(async () => {
  await client.end()
  await testService.close()
})

interface Entry {
  readonly kind: string
  readonly userKey: string | null
  readonly staysAs: string | null
  readonly senderKey: string | null
}

/** Whether a person has a seat, and how many messages of a deal count as unread for them, by going through all of it. */
async function unreadByHand(deal: Deal, person: Person, heard: Heard): Promise<number | null> {
  const { rows } = await client.query<Entry>(
    `SELECT e."kind", e."userKey", e."data" ->> 'staysAs' AS "staysAs", m."senderKey"
     FROM "TimelineEntry" e LEFT JOIN "Message" m ON m."id" = e."messageId"
     WHERE e."transactionKey" = $1 ORDER BY e."position"`,
    [deal.key],
  )
  let isSeated = false
  let sequence = 0
  let seenUpTo = 0
  for (const { kind, userKey, staysAs, senderKey } of rows) {
    if (kind === 'MESSAGE_SENT') sequence += 1
    if (kind === 'MESSAGE_SENT' && senderKey === person.key) seenUpTo = sequence
    if (kind === 'PARTICIPANT_LEFT' && userKey === person.key && staysAs === null) isSeated = false
    if (kind === 'PARTICIPANT_JOINED' && userKey === person.key && !isSeated) {
      isSeated = true
      seenUpTo = sequence
    }
  }
  const marked = marksOf(deal, person, heard).filter(({ isAcknowledged }) => isAcknowledged)
  const upTo = Math.max(seenUpTo, ...marked.map((mark) => mark.sequence))
  return isSeated ? Array.from({ length: sequence }, (_, index) => index + 1).filter((nth) => nth > upTo).length : null
}

const marksOf = (deal: Deal, person: Person, { marks }: Heard) =>
  marks.filter((mark) => mark.deal === deal && mark.person === person)

function expectLastRead(deal: Deal, person: Person, heard: Heard, lastReadSequence: number): void {
  const marks = marksOf(deal, person, heard)
  const acknowledged = Math.max(0, ...marks.filter((mark) => mark.isAcknowledged).map(({ sequence }) => sequence))
  const unknown = marks.flatMap(({ isAcknowledged, sequence }) => (isAcknowledged ? [] : [sequence]))
  expect([acknowledged, ...unknown.filter((sequence) => sequence > acknowledged)]).toContain(lastReadSequence)
}

async function expectReadState({ people, deals }: Stage, heard: Heard): Promise<void> {
  for (const person of people) {
    const { viewer, unreadCount, all, unread, read } = await person.get(READ_STATE, {})
    const expected: Record<string, number> = {}
    for (const deal of deals) {
      const count = await unreadByHand(deal, person, heard)
      if (count !== null) expected[deal.id] = count
    }
    expect(Object.fromEntries(all.nodes.map(({ id, viewerUnreadCount }) => [id, viewerUnreadCount]))).toEqual(expected)
    const idsWhere = (isWanted: (count: number) => boolean) =>
      Object.keys(expected).filter((id) => isWanted(expected[id] ?? 0))
    expect(unread.nodes.map(({ id }) => id).toSorted()).toEqual(idsWhere((count) => count > 0).toSorted())
    expect(read.nodes.map(({ id }) => id).toSorted()).toEqual(idsWhere((count) => count === 0).toSorted())
    const sum = Object.values(expected).reduce((total, count) => total + count, 0)
    expect([viewer.unreadCount, unreadCount]).toEqual([sum, sum])
    for (const { id, participants } of all.nodes) {
      for (const { user, lastReadSequence } of participants) {
        const [reader, deal] = [people.find((each) => each.id === user.id), deals.find((each) => each.id === id)]
        if (reader && deal) expectLastRead(deal, reader, heard, lastReadSequence)
      }
    }
  }
}

test('whatever is said, read, changed and whoever comes and goes at once, unread is what is counted by hand', async () => {
  const check = async (rounds: Round[]) => {
    cases += 1
    const { seed, service } = testService
    const person = (name: string) => seed.person(`${name}-${cases}`)
    const people = [await person('bea'), await person('sam'), await person('ana')] as const
    const [bea, sam, ana] = people
    const register = (nth: number) => seed.deal(`deal-${cases}-${nth}`, { buyer: bea, seller: sam, agent: ana })
    const stage: Stage = { services: service.services, people, deals: [await register(0), await register(1)] }
    const heard: Heard = { messages: [[await bea.say(stage.deals[0], 'hello')], []], marks: [] }
    for (const round of rounds) {
      let isOver = false
      const acting = actOut(stage, round, heard).finally(() => {
        isOver = true
      })
      await Promise.all([acting, watchSeats(client, stage, () => isOver)])
      await expectReadState(stage, heard)
    }
  }
  await fc.assert(fc.asyncProperty(anyRounds, check), { numRuns: 80, endOnFailure: true })
}, 240_000)
