import type { LiveEntry } from '../../events/topics.js'
import type { Prisma, TimelineEntry, Transaction } from '../../generated/prisma/client.js'
import type { Database } from '../../platform/database.js'
import { makePage, type Page, type PageRequest } from '../page.js'
import { atPlaces, type Place } from '../place.js'
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

/** Where a timeline stands. */
export interface Head {
  /** The newest position; 0 where there is nothing. */
  readonly position: number
  /** Whose transaction it is at present, as a partner's client id; null when it is nobody's. */
  readonly partnerClientId: string | null
}

/** What following a timeline takes. */
export type TimelineReader = Pick<TimelineStore, 'heads' | 'read' | 'isUnavailable'>

type HeadRow = Pick<Transaction, 'key' | 'timelinePosition' | 'partnerClientId'>

export class TimelineStore {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  /** Where these transactions' timelines stand, in one statement; those that don't exist are missing. */
  async heads(transactionKeys: readonly string[]): Promise<Map<string, Head>> {
    const rows = await this.#database.query<HeadRow>(READ_HEADS, [transactionKeys])
    return new Map(
      rows.map(({ key, timelinePosition: position, partnerClientId }) => [key, { position, partnerClientId }]),
    )
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
  findMany(places: readonly Place[], include?: Prisma.TimelineEntryInclude): Promise<TimelineEntry[]> {
    return this.#database.prisma.timelineEntry.findMany({
      where: atPlaces(places),
      ...(include && { include }),
    })
  }

  /**
   * The same page of each of these transactions' timelines, in their order. Positions have no gaps: which ones are on the
   * page, and whether there are others around it, follows from the newest.
   */
  async pages(
    transactionKeys: readonly string[],
    request: PageRequest<number>,
    include?: Prisma.TimelineEntryInclude,
  ): Promise<Page<TimelineEntry>[]> {
    const transactions = await this.#database.prisma.transaction.findMany({
      where: { key: { in: [...transactionKeys] } },
      select: { key: true, timelinePosition: true },
    })
    const heads = new Map(transactions.map(({ key, timelinePosition }) => [key, timelinePosition]))
    const positions = (transactionKey: string) => positionsOfPage(request, heads.get(transactionKey) ?? 0)
    const places = transactionKeys.flatMap((transactionKey) =>
      positions(transactionKey).map((position) => ({ transactionKey, position })),
    )
    const rows = await this.findMany(places, include)
    const byPosition = rows.sort((one, other) => one.position - other.position)
    return transactionKeys.map((key) => {
      const page = byPosition.filter(({ transactionKey }) => transactionKey === key)
      return makePage(request, request.from === 'start' ? page : page.reverse(), async (side, position) =>
        side === 'atOrBefore' ? position >= 1 : position <= (heads.get(key) ?? 0),
      )
    })
  }
}

/** What a page takes of the positions 1, 2, 3 … `head`, and one more, which says that there is more. */
function positionsOfPage({ from, size, after, before }: PageRequest<number>, head: number): number[] {
  const first = (after ?? 0) + 1
  const last = Math.min((before ?? head + 1) - 1, head)
  const count = Math.max(0, Math.min(size + 1, last - first + 1))
  const start = from === 'start' ? first : last - count + 1
  return Array.from({ length: count }, (_, index) => start + index)
}
