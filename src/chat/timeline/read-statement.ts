import type { LiveEntry } from '../../events/topics.js'
import {
  type Message,
  Prisma,
  type TimelineEntry,
  type TimelineEntryKind,
  type User,
} from '../../generated/prisma/client.js'
import type { Statement } from '../../platform/database.js'

/** A stretch of a timeline to read: after one position, up to and including another. */
export interface Stretch {
  readonly transactionKey: string
  readonly after: number
  readonly upTo: number
  /** Only these kinds; all when left out. */
  readonly kinds?: readonly TimelineEntryKind[]
  /** For whom, if they may see the transaction only while they have a seat in it. */
  readonly readerKey?: string | null
}

/** How many entries one reading brings at most. */
export const READ_SIZE = 100
/** How much text one reading brings at most; a single entry may have more. What waits for a slow reader is so bounded. */
const READ_BYTES = 262_144

export const READ_HEADS: Statement = {
  name: 'read_heads',
  text: 'SELECT "key", "timelinePosition", "partnerClientId" FROM "Transaction" WHERE "key" = ANY ($1::text[])',
}

/** The columns of one part of an answer: each with the name under which a join of many tables answers it. */
type Part = readonly (readonly [field: string, name: string])[]

function part(alias: string, fields: object): Part {
  return Object.keys(fields).map((field) => [field, `${alias}.${field}`])
}

const ENTRY = part('entry', Prisma.TimelineEntryScalarFieldEnum)
const MESSAGE = part('message', Prisma.MessageScalarFieldEnum)
const SENDER = part('sender', Prisma.UserScalarFieldEnum)
const ACTOR = part('actor', Prisma.UserScalarFieldEnum)
const PERSON = part('person', Prisma.UserScalarFieldEnum)

const COLUMNS = [ENTRY, MESSAGE, SENDER, ACTOR, PERSON]
  .flat()
  .map(([field, name]) => `${name.split('.', 1)[0]}."${field}" AS "${name}"`)
  .join(', ')

/**
 * Joins the one row with a key, or nothing. The LIMIT makes it a look-up for each entry: without it the generic plan merges
 * with the whole table of users in the order of their keys, because most entries name nobody.
 */
function oneOf(table: string, alias: string, condition: string): string {
  return `LEFT JOIN LATERAL (SELECT * FROM "${table}" WHERE ${condition} LIMIT 1) ${alias} ON true`
}

/**
 * The first entries of a stretch of a timeline, in order, with all that belongs to them. Parameters: transaction, after,
 * up to, kinds (null: all), reader (null: one who needs no seat). The numbers are literals so that every plan knows them.
 */
export const READ_STRETCH: Statement = {
  name: 'read_stretch',
  text: `
    SELECT * FROM (
      SELECT ${COLUMNS},
        count(*) OVER ()::int AS "found",
        coalesce(sum(coalesce(octet_length(message."content"), 0) + coalesce(octet_length(entry."data" ->> 'content'), 0))
          OVER (ORDER BY entry."position" ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS "bytesBefore",
        ($5::text IS NULL OR EXISTS (
          SELECT FROM "Participant" seat
          WHERE seat."transactionKey" = $1 AND seat."userKey" = $5 AND seat."leftAt" IS NULL
        )) AS "maySeeNow"
      FROM (
        SELECT * FROM "TimelineEntry"
        WHERE "transactionKey" = $1 AND "position" > $2 AND "position" <= $3
          AND ($4::"TimelineEntryKind"[] IS NULL OR "kind" = ANY ($4::"TimelineEntryKind"[]))
        ORDER BY "position" LIMIT ${READ_SIZE}
      ) entry
      ${oneOf('Message', 'message', '"id" = entry."messageId"')}
      ${oneOf('User', 'sender', '"key" = message."senderKey"')}
      ${oneOf('User', 'actor', '"key" = entry."actorKey"')}
      ${oneOf('User', 'person', '"key" = entry."userKey"')}
    ) stretch
    WHERE "bytesBefore" < ${READ_BYTES} ORDER BY "entry.position"`,
}

export function readValues({ transactionKey, after, upTo, kinds, readerKey }: Stretch): unknown[] {
  return [transactionKey, after, upTo, kinds ?? null, readerKey ?? null]
}

/** A row of the answer: the columns, how many rows there were before the text became too much, and for whom it is. */
export type ReadRow = Readonly<Record<string, unknown>> & { readonly found: number; readonly maySeeNow: boolean }

export function liveEntry(row: ReadRow): LiveEntry {
  const hasMessage = row['message.id'] !== null
  return {
    ...pick<TimelineEntry>(row, ENTRY),
    message: hasMessage ? { ...pick<Message>(row, MESSAGE), sender: pickUser(row, SENDER, 'sender.key') } : null,
    actor: pickUser(row, ACTOR, 'actor.key'),
    user: pickUser(row, PERSON, 'person.key'),
  }
}

function pickUser(row: ReadRow, columns: Part, key: string): User | null {
  return row[key] === null ? null : pick<User>(row, columns)
}

function pick<Model>(row: ReadRow, columns: Part): Model {
  const picked: Record<string, unknown> = {}
  for (const [field, name] of columns) picked[field] = row[name]
  return picked as Model
}
