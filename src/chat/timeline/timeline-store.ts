import type { LiveEntry } from '../../events/topics.js'
import { Prisma, type TimelineEntry } from '../../generated/prisma/client.js'
import type { Database } from '../../platform/database.js'
import { makePage, type Page, type PageRequest } from '../page.js'
import {
  liveEntry,
  READ_HEADS,
  READ_SIZE,
  READ_STRETCH,
  type ReadRow,
  readValues,
  type Stretch,
} from './read-statement.js'
import { asAtTheTime } from './timeline.js'

/** How far one reading looks. A reader of few kinds goes over a long timeline in steps of this many positions. */
const MAX_SPAN = 2_000

/** The beginning of a stretch: as much as one reading brings. */
export interface Reading {
  /** In order. Messages are as they are now; for a reader who has lost their seat, as they were at the time. */
  readonly entries: readonly LiveEntry[]
  /** Up to here nothing is left to read. */
  readonly position: number
}

/** Where an entry stands. */
export type EntryPlace = Pick<TimelineEntry, 'transactionKey' | 'position'>

/** What following a timeline takes. */
export type TimelineReader = Pick<TimelineStore, 'heads' | 'read' | 'isUnavailable'>

export class TimelineStore {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  /** The newest position of each of these transactions, in one statement; those that don't exist are missing. */
  async heads(transactionKeys: readonly string[]): Promise<Map<string, number>> {
    const rows = await this.#database.query<{ key: string; timelinePosition: number }>(READ_HEADS, [transactionKeys])
    return new Map(rows.map(({ key, timelinePosition }) => [key, timelinePosition]))
  }

  /** Reads a stretch from its beginning, bounded in entries, in text and in how far it looks. */
  async read({ upTo, ...stretch }: Stretch): Promise<Reading> {
    const until = Math.min(upTo, stretch.after + MAX_SPAN)
    const values = readValues({ ...stretch, upTo: until })
    const rows = await this.#database.query<ReadRow>(READ_STRETCH, values)
    const [first] = rows
    const isAll = first === undefined || (first.found < READ_SIZE && rows.length === first.found)
    const entries = rows.map((row) => (row.maySeeNow ? liveEntry(row) : asAtTheTime(liveEntry(row))))
    return { entries, position: isAll ? until : (entries.at(-1)?.position ?? until) }
  }

  /** Whether an error that came from here means that the database couldn't be asked: later it may well answer. */
  isUnavailable(error: unknown): boolean {
    return this.#database.isUnavailable(error)
  }

  /** The entries at these places, in any order, with whatever else `include` asks for. */
  findMany(places: readonly EntryPlace[], include?: Prisma.TimelineEntryInclude): Promise<TimelineEntry[]> {
    const positions = new Map<string, number[]>()
    for (const { transactionKey, position } of places) {
      positions.set(transactionKey, [...(positions.get(transactionKey) ?? []), position])
    }
    return this.#database.prisma.timelineEntry.findMany({
      where: { OR: [...positions].map(([transactionKey, at]) => ({ transactionKey, position: { in: at } })) },
      ...(include && { include }),
    })
  }

  /**
   * The same page of each of these transactions' timelines, in their order. Two statements: which, by the index and no
   * more than are shown; then those, with all that `include` asks for.
   */
  async pages(
    transactionKeys: readonly string[],
    request: PageRequest<number>,
    include?: Prisma.TimelineEntryInclude,
  ): Promise<Page<TimelineEntry>[]> {
    const { from, size, after, before } = request
    const conditions = [
      Prisma.sql`e."transactionKey" = of."key"`,
      ...(after === null ? [] : [Prisma.sql`e."position" > ${after}`]),
      ...(before === null ? [] : [Prisma.sql`e."position" < ${before}`]),
    ]
    const places = await this.#database.prisma.$queryRaw<EntryPlace[]>`
      SELECT of."key" AS "transactionKey", page."position"
      FROM unnest(${[...transactionKeys]}::text[]) AS of("key") CROSS JOIN LATERAL (
        SELECT e."position" FROM "TimelineEntry" e WHERE ${Prisma.join(conditions, ' AND ')}
        ORDER BY e."position" ${from === 'start' ? Prisma.sql`ASC` : Prisma.sql`DESC`} LIMIT ${size + 1}
      ) page`
    const rows = await this.findMany(places, include)
    const nearestFirst = rows.sort((one, other) => (one.position - other.position) * (from === 'start' ? 1 : -1))
    return transactionKeys.map((key) => {
      const page = nearestFirst.filter(({ transactionKey }) => transactionKey === key)
      return makePage(request, page, this.#existsIn(key))
    })
  }

  #existsIn(transactionKey: string) {
    return async (side: 'atOrBefore' | 'atOrAfter', position: number): Promise<boolean> => {
      const any = await this.#database.prisma.timelineEntry.findFirst({
        where: { transactionKey, position: side === 'atOrBefore' ? { lte: position } : { gte: position } },
        select: { position: true },
      })
      return any !== null
    }
  }
}
