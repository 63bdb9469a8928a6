import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ParticipantRole, TransactionStatus } from '../../src/generated/prisma/client.js'
import { untilAvailable } from '../realtime/timeline-acts.js'
import { type Person, PLATFORM } from '../testkit/seed.js'
import { startTestService, type TestService } from '../testkit/service.js'
import { query } from '../testkit/sql.js'

// Whatever the platform says at once, while people talk: the timeline tells a story that can have happened, one thing
// after the other, and what is stored is how that story ends.

const PEOPLE = ['bea', 'sam', 'ana', 'ari'] as const
const ROLES = ['BUYER', 'SELLER', 'AGENT', 'ARBITER'] as const
const STATUSES = ['DRAFT', 'FUNDED', 'SHIPPED'] as const

type Seats = readonly { readonly userKey: string; readonly role: ParticipantRole }[]
type Act =
  | { readonly kind: 'upsert'; readonly participants: Seats; readonly title: string; readonly partner?: string | null }
  | { readonly kind: 'status'; readonly status: TransactionStatus; readonly says: boolean; readonly nth: number }
  | { readonly kind: 'post'; readonly nth: number }
  | { readonly kind: 'say'; readonly nth: number }

const anySeats: fc.Arbitrary<Seats> = fc.uniqueArray(
  fc.record({ userKey: fc.constantFrom(...PEOPLE), role: fc.constantFrom(...ROLES) }),
  { selector: ({ userKey }) => userKey, minLength: 1 },
)
const anyAct: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record(
      {
        kind: fc.constant('upsert' as const),
        participants: anySeats,
        title: fc.constantFrom('A bicycle', 'A tandem'),
        partner: fc.constantFrom('shop', null),
      },
      { requiredKeys: ['kind', 'participants', 'title'] },
    ),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('status' as const),
      status: fc.constantFrom(...STATUSES),
      says: fc.boolean(),
      nth: fc.nat(3),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('post' as const), nth: fc.nat(3) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('say' as const), nth: fc.nat(PEOPLE.length - 1) }) },
)
/** All that is in a round happens at once. */
const anyRounds = fc.array(fc.array(anyAct, { minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 6 })

interface Entry {
  readonly position: number
  readonly kind: string
  readonly actorKey: string | null
  readonly userKey: string | null
  readonly sequence: number | null
  readonly data: { readonly status?: string; readonly previousStatus?: string | null; readonly role?: string }
}

let testService: TestService
let people: Map<string, Person>
let cases = 0

beforeAll(async () => {
  testService = await startTestService()
  people = new Map()
  for (const key of PEOPLE) people.set(key, await testService.seed.person(key))
})
afterAll(() => testService.close())

async function act(transactionKey: string, doing: Act): Promise<unknown> {
  const { transaction, message } = testService.service.services
  switch (doing.kind) {
    case 'upsert': {
      const { title, participants, partner } = doing
      const input = { key: transactionKey, title, status: 'DRAFT', participants } as const
      return transaction.upsert(PLATFORM, { ...input, partnerClientId: partner })
    }
    case 'status':
      return transaction.changeStatus(PLATFORM, {
        transactionKey,
        status: doing.status,
        message: doing.says ? 'The platform speaks.' : null,
        idempotencyKey: `${doing.nth}`,
      })
    case 'post':
      return message.postSystem(PLATFORM, { transactionKey, content: 'Note', clientMessageId: `${doing.nth}` })
    case 'say': {
      const person = people.get(PEOPLE[doing.nth] ?? '')
      if (!person) throw new Error('There is no such person')
      const saying = message.send(person.viewer, { transactionKey, content: 'words' })
      // Who takes no part says nothing.
      return saying.catch((error: { code?: string }) => {
        if (error.code !== 'NOT_FOUND') throw error
      })
    }
  }
}

/** What the timeline says of the deal; fails where it can't have happened like that. */
async function retell(transactionKey: string) {
  const entries = await query<Entry>(
    testService.database.url,
    `SELECT e.position, e.kind::text, e."actorKey", e."userKey", m.sequence, e.data FROM "TimelineEntry" e
     LEFT JOIN "Message" m ON m.id = e."messageId" WHERE e."transactionKey" = $1 ORDER BY e.position`,
    [transactionKey],
  )
  expect(entries.map(({ position }) => position)).toEqual(entries.map((_, index) => index + 1))
  const seats = new Map<string, string>()
  let status: string | null = null
  let messageCount = 0
  for (const { kind, actorKey, userKey, sequence, data } of entries) {
    if (kind === 'STATUS_CHANGED') {
      expect(data.previousStatus).toBe(status)
      expect(data.status).not.toBe(status)
      status = data.status ?? null
    } else if (kind === 'PARTICIPANT_JOINED') {
      expect(seats.has(userKey ?? '')).toBe(false)
      seats.set(userKey ?? '', data.role ?? '')
    } else if (kind === 'PARTICIPANT_LEFT') {
      expect(seats.get(userKey ?? '')).toBe(data.role)
      seats.delete(userKey ?? '')
    } else {
      messageCount += 1
      expect(sequence).toBe(messageCount)
      if (actorKey !== null) expect(seats.has(actorKey)).toBe(true)
    }
  }
  return { seats: Object.fromEntries(seats), status, messageCount, timelinePosition: entries.length }
}

/** How the deal is stored. */
async function stored(transactionKey: string) {
  const [row] = await query<Record<string, unknown>>(
    testService.database.url,
    `SELECT t.status::text, t.title, t."partnerClientId", t."messageCount", t."timelinePosition",
       (SELECT json_object_agg(p."userKey", p.role) FROM "Participant" p WHERE p."transactionKey" = t.key AND p."leftAt" IS NULL) AS seats
     FROM "Transaction" t WHERE t.key = $1`,
    [transactionKey],
  )
  return row
}

test('whatever the platform says at once, the timeline is a story that can have happened, and ends with what is stored', async () => {
  const check = async (rounds: Act[][]) => {
    cases += 1
    const key = `deal-${cases}`
    await act(key, { kind: 'upsert', title: 'A bicycle', participants: [{ userKey: 'bea', role: 'BUYER' }] })
    let partner: string | null = null
    for (const round of rounds) {
      await Promise.all(round.map((doing) => untilAvailable(() => act(key, doing))))
      const now = await stored(key)
      expect(now).toMatchObject(await retell(key))
      const upserts = round.flatMap((doing) => (doing.kind === 'upsert' ? [doing] : []))
      if (upserts.length > 0) {
        // One of them was the last, and then it was as that one says; what none says stays.
        const ends = upserts.map(({ title, participants, partner: partnerClientId }) => ({
          title,
          seats: Object.fromEntries(participants.map(({ userKey, role }) => [userKey, role])),
          ...(partnerClientId !== undefined && { partnerClientId }),
        }))
        expect(ends.some((end) => Object.entries(end).every(([name, value]) => isEqual(now?.[name], value)))).toBe(true)
        if (upserts.every((each) => each.partner === undefined)) expect(now?.['partnerClientId']).toBe(partner)
      }
      partner = (now?.['partnerClientId'] as string | null) ?? null
    }
  }
  await fc.assert(fc.asyncProperty(anyRounds, check), { numRuns: 60, endOnFailure: true })
}, 240_000)

const isEqual = (one: unknown, other: unknown) => JSON.stringify(sorted(one)) === JSON.stringify(sorted(other))
const sorted = (value: unknown) =>
  typeof value === 'object' && value !== null ? Object.entries(value).toSorted() : value

test('sixteen different upserts of a new deal at once leave one deal, as one of them says', async () => {
  const upserts = PEOPLE.flatMap((userKey) =>
    ROLES.map((role): Act => ({ kind: 'upsert', title: `${userKey} ${role}`, participants: [{ userKey, role }] })),
  )
  await Promise.all(upserts.map((doing) => untilAvailable(() => act('crowded', doing))))
  const end = await stored('crowded')
  expect(end).toMatchObject(await retell('crowded'))
  expect(Object.entries(end?.['seats'] ?? {}).map(([userKey, role]) => `${userKey} ${role}`)).toEqual([end?.['title']])
})
