import type { ChaosHistoryPageQuery } from '../generated/graphql.js'
import { post } from '../testkit/http-client.js'
import { query } from '../testkit/sql.js'
import type { DealKey, PersonKey } from './cast.js'
import { HISTORY_PAGE, UNREAD, WHERE_IT_STANDS } from './documents.js'
import type { Finding, StoredMessage, Stretch } from './verdict.js'
import type { World } from './world.js'

/** Where a deal stood, and how much everybody had said and heard, when a stretch began. */
export interface Beginning {
  readonly deal: DealKey
  readonly sequence: number
  readonly cursor: string
  readonly sentCounts: readonly number[]
  readonly deliveredCounts: readonly number[]
}

const DEALS: readonly DealKey[] = ['north', 'south']

/** Everybody is quiet: what comes from here on is looked at together. */
export function beginStretches(world: World): Promise<Beginning[]> {
  return Promise.all(
    DEALS.map(async (deal) => {
      const { url } = world.random.pick(world.fronts)
      const { data } = await post(url, WHERE_IT_STANDS, { id: world.cast.dealIds[deal] }, headersOf(world, 'ana'))
      if (!data?.transaction) throw new Error(`${deal} can't be read`)
      return {
        deal,
        sequence: data.transaction.messageCount,
        cursor: data.transaction.timelineCursor,
        sentCounts: world.senders.map(({ sent }) => sent.length),
        deliveredCounts: world.subscribers.map(({ deliveries }) => deliveries.length),
      }
    }),
  )
}

/** All that is known of what came since. */
export async function collectStretch(world: World, beginning: Beginning): Promise<Stretch> {
  const { deal, sequence: base, cursor, sentCounts, deliveredCounts } = beginning
  return {
    deal,
    base,
    sent: world.senders.flatMap(({ options, sent }, index) =>
      options.dealKey === deal ? { isOneAtATime: options.atOnce === 1, messages: sent.slice(sentCounts[index]) } : [],
    ),
    stored: await query<StoredMessage>(
      world.postgres.url,
      `SELECT 'msg_' || id AS id, sequence, content, "clientMessageId" FROM "Message"
       WHERE "transactionKey" = $1 AND sequence > $2 ORDER BY sequence`,
      [deal, base],
    ),
    paged: await pageThrough(world, deal, cursor),
    delivered: world.subscribers.flatMap(({ options, deliveries }, index) => {
      const since = deliveries.slice(deliveredCounts[index])
      return options.dealKey === deal ? { subscriber: options.name, deliveries: since } : []
    }),
  }
}

async function pageThrough(world: World, deal: DealKey, start: string): Promise<StoredMessage[]> {
  const messages: StoredMessage[] = []
  let after: string | null | undefined = start
  for (;;) {
    const { nodes, pageInfo }: ChaosHistoryPageQuery['messages'] = await readPage(world, deal, after)
    for (const { id, sequence, content = null, clientMessageId = null } of nodes) {
      messages.push({ id, sequence, content, clientMessageId })
    }
    if (!pageInfo.hasNextPage) return messages
    after = pageInfo.endCursor
  }
}

async function readPage(world: World, deal: DealKey, after: string | null | undefined) {
  const { url } = world.random.pick(world.fronts)
  const variables = { transactionId: world.cast.dealIds[deal], after }
  const { data, errors } = await post(url, HISTORY_PAGE, variables, headersOf(world, 'ana'))
  if (!data) throw new Error(`The history of ${deal} can't be read: ${JSON.stringify(errors)}`)
  return data.messages
}

/** What is wrong with the unread counts of everybody, and with what they were told they have read. */
export async function checkReadState(world: World): Promise<Finding[]> {
  const counted = await query<{ person: PersonKey; deal: DealKey; unread: number; lastReadSequence: number }>(
    world.postgres.url,
    `SELECT p."userKey" AS person, p."transactionKey" AS deal, p."lastReadSequence",
       (SELECT count(*)::int FROM "Message" m WHERE m."transactionKey" = p."transactionKey" AND m.sequence > greatest(
         p."lastReadSequence",
         (SELECT max(own.sequence) FROM "Message" own
          WHERE own."transactionKey" = p."transactionKey" AND own."senderKey" = p."userKey")
       )) AS unread
     FROM "Participant" p WHERE p."leftAt" IS NULL`,
  )
  const findings: Finding[] = []
  for (const person of new Set(counted.map((row) => row.person))) {
    const mine = counted.filter((row) => row.person === person)
    const total = mine.reduce((sum, { unread }) => sum + unread, 0)
    const expected = { unreadCount: total, viewer: total, ...countsOf(mine.map(({ deal, unread }) => [deal, unread])) }
    const { data } = await post(world.random.pick(world.fronts).url, UNREAD, {}, headersOf(world, person))
    const told = {
      unreadCount: data?.unreadCount,
      viewer: data?.viewer.unreadCount,
      ...countsOf(data?.transactions.nodes.map(({ id, viewerUnreadCount }) => [id.slice(4), viewerUnreadCount]) ?? []),
    }
    if (JSON.stringify(told) !== JSON.stringify(expected)) {
      const what = `${person} is told ${JSON.stringify(told)} as unread, and ${JSON.stringify(expected)} is`
      findings.push({ breach: 'WRONG', what })
    }
  }
  for (const { subscriber, acknowledgedSequence } of world.readers) {
    const { name, dealKey } = subscriber.options
    const row = counted.find(({ person, deal }) => name.startsWith(person) && deal === dealKey)
    if ((row?.lastReadSequence ?? 0) < acknowledgedSequence) {
      const what = `${name} has read up to ${acknowledgedSequence}, was told so, and ${row?.lastReadSequence} is stored`
      findings.push({ breach: 'LOST', what })
    }
  }
  return findings
}

/** By deal, always in the same order. */
function countsOf(counts: readonly (readonly [string, number])[]): Record<string, number> {
  return Object.fromEntries(counts.toSorted(([one], [other]) => one.localeCompare(other)))
}

function headersOf({ cast }: World, person: PersonKey): Record<string, string> {
  return { authorization: `Bearer ${cast.tokens[person]}` }
}
