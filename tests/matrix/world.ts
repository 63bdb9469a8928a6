import type { Message } from '../../src/generated/prisma/client.js'
import { type Deal, type Person, PLATFORM } from '../testkit/seed.js'
import { startTestService, type TestService } from '../testkit/service.js'
import { contentsOf, query } from '../testkit/sql.js'
import { type Answer, askOverHttp, askUnwelcome, type Door, OpenSocket } from './doors.js'
import { isLetIn, PARTICIPANTS, PEOPLE, type PersonKind, VIEWER_KINDS, type ViewerKind } from './viewer-kinds.js'

/** On a busy machine the first connections to Postgres take long. */
const PATIENT = { DATABASE_POOL_TIMEOUT_MS: '30000', EXECUTION_TIMEOUT_MS: '30000' }

/** Messages in the deal that a person sent, without the prefix of ids. */
export interface OwnMessages {
  readonly toEdit: string
  readonly toDelete: string
}

/** One deal with one of every kind of viewer, each with a token and, where they are let in, an open socket. */
export interface World {
  readonly testService: TestService
  readonly deal: Deal
  /** The deal of OUTSIDER, FORMER and OTHER_PARTNER. */
  readonly elsewhere: Deal
  readonly people: Readonly<Record<PersonKind, Person>>
  /** Takes part in the deal, and is not connected. */
  readonly idle: Person
  /** The global id of one of every type of node in the deal, by the name of the type. */
  readonly ids: Readonly<Record<string, string>>
  /** By the key of a person, the global id of the seat in the deal. */
  readonly seats: Readonly<Record<string, string>>
  /** The newest message of the deal when the world began; SELLER sent it. */
  readonly newest: Message
  readonly own: Readonly<Partial<Record<ViewerKind, OwnMessages>>>
  /** All that the platform says of who takes part, in its own words. */
  readonly seating: readonly { readonly userId: string; readonly role: string }[]
  token(kind: ViewerKind): string | null
  socket(kind: ViewerKind): OpenSocket
  ask(kind: ViewerKind, door: Door, query: string): Promise<Answer>
  /** All that is stored and held, to compare with what is later. */
  state(): Promise<unknown>
  close(): Promise<void>
}

/** On a busy machine: so much is to be said and opened. */
export const STARTS_WITHIN_MS = 90_000

export async function startWorld(): Promise<World> {
  const testService = await startTestService(PATIENT)
  const { seed } = testService
  const made: Partial<Record<PersonKind, Person>> = {}
  for (const [kind, key] of Object.entries(PEOPLE)) made[kind as PersonKind] = await seed.person(key)
  const people = made as Record<PersonKind, Person>
  const { BUYER, SELLER, AGENT, ARBITER, OUTSIDER, FORMER, SUSPENDED } = people
  const idle = await seed.person('idle')
  const staying = { buyer: [BUYER, SUSPENDED], seller: [SELLER, idle], agent: AGENT, arbiter: ARBITER }
  const deal = await seed.deal('deal', { ...staying, seller: [SELLER, idle, FORMER] }, { partnerClientId: 'shop' })
  const elsewhere = await seed.deal('own', { buyer: [OUTSIDER, FORMER] }, { partnerClientId: 'other' })
  const { message, user } = testService.service.services

  // The first of each kind of entry is about this one.
  const regretted = await SELLER.say(deal, 'said first')
  await message.edit(SELLER.viewer, regretted.id, 'said then')
  await message.delete(SELLER.viewer, regretted.id)
  const own: Partial<Record<ViewerKind, OwnMessages>> = {}
  for (const kind of [...PARTICIPANTS, 'FORMER'] as const) {
    const toEdit = await people[kind].say(deal, 'mine')
    const toDelete = await people[kind].say(deal, 'mine too')
    own[kind] = { toEdit: toEdit.id, toDelete: toDelete.id }
  }
  await deal.changeStatus('FUNDED', 'The money is there.')
  await deal.seat(staying)
  const newest = await SELLER.say(deal, 'newest', regretted.id)
  await user.upsert(PLATFORM, { key: SUSPENDED.key, displayName: SUSPENDED.key, status: 'SUSPENDED' })

  const tokens: Readonly<Partial<Record<ViewerKind, string>>> = {
    ...Object.fromEntries(Object.entries(people).map(([kind, { token }]) => [kind, token])),
    PARTNER: await seed.token({ clientId: 'shop', scopes: ['history:read'] }),
    OTHER_PARTNER: await seed.token({ clientId: 'other', scopes: ['history:read'] }),
    PLATFORM: await seed.token({ clientId: 'backend', scopes: ['platform'] }),
  }
  const token = (kind: ViewerKind) => tokens[kind] ?? null
  const sockets = new Map<ViewerKind, OpenSocket>()
  for (const kind of VIEWER_KINDS.filter(isLetIn)) {
    sockets.set(kind, await OpenSocket.open(testService.webSocketUrl, token(kind) ?? ''))
  }
  const socket = (kind: ViewerKind) => {
    const open = sockets.get(kind)
    if (!open) throw new Error(`${kind} has no socket`)
    return open
  }
  const { ids, seats } = await readIds(testService, token('PLATFORM'))
  return {
    testService,
    deal,
    elsewhere,
    people,
    idle,
    ids: { ...ids, User: SELLER.id, Transaction: deal.id, Message: `msg_${newest.id}` },
    seats,
    newest,
    own,
    seating: Object.entries(staying).flatMap(([role, seated]) =>
      [seated].flat().map(({ id: userId }) => ({ userId, role: role.toUpperCase() })),
    ),
    token,
    socket,
    ask(kind, door, document) {
      if (door === 'HTTP') return askOverHttp(testService.url, token(kind), document)
      if (isLetIn(kind)) return socket(kind).ask(document)
      return askUnwelcome(testService.webSocketUrl, token(kind), document)
    },
    async state() {
      const { User, ...stored } = await contentsOf(testService.database.url)
      // When people were last seen is written down now and then, whatever is asked.
      const users = (User as object[]).map((row) => ({ ...row, lastSeenAt: null }))
      const typing = await askOverHttp(testService.url, token('PLATFORM'), TYPING)
      return { ...stored, users, typing }
    },
    async close() {
      await Promise.all([...sockets.values()].map((open) => open.close()))
      await testService.close()
    },
  }
}

const TYPING = '{ transactions { nodes { id typingUsers { id } } } }'

const ENTRIES = '{ transaction(id: "txn_deal") { timeline(first: 100) { nodes { __typename id } } } }'

/** Of every kind of entry the first, BUYER's seat, and by key the seats of all. */
async function readIds({ url, database }: TestService, token: string | null) {
  const { data } = await askOverHttp(url, token, ENTRIES)
  const { transaction } = data as { transaction: { timeline: { nodes: { __typename: string; id: string }[] } } }
  const entries = transaction.timeline.nodes.map(({ __typename, id }) => [__typename, id] as const)
  const rows = await query<{ id: string; userKey: string }>(
    database.url,
    `SELECT "id", "userKey" FROM "Participant" WHERE "transactionKey" = 'deal'`,
  )
  const seats = Object.fromEntries(rows.map(({ id, userKey }) => [userKey, `par_${id}`]))
  return { ids: { ...Object.fromEntries(entries.reverse()), Participant: seats[PEOPLE.BUYER] ?? '' }, seats }
}
