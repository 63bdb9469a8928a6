import type { LiveEntry } from '../../events/topics.js'
import type { Prisma, TimelineEntry, TimelineEntryKind } from '../../generated/prisma/client.js'
import type { Database } from '../../platform/database.js'
import { makePage, type Page, type PageRequest } from '../page.js'
import { atPlaces, type Place } from '../place.js'

const ALL_THAT_BELONGS = { message: { include: { sender: true } }, actor: true, user: true } as const

/** A stretch of a timeline to read: after one position, up to and including another. */
export interface Stretch {
  readonly transactionKey: string
  readonly after: number
  readonly upTo: number
  /** Only these kinds; all when left out. */
  readonly kinds?: readonly TimelineEntryKind[]
}

/** Where an entry stands. */
export type EntryPlace = Place

export class TimelineStore {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  /** The newest position; null when there is no such transaction. */
  async head(transactionKey: string): Promise<number | null> {
    const transaction = await this.#database.prisma.transaction.findUnique({
      where: { key: transactionKey },
      select: { timelinePosition: true },
    })
    return transaction?.timelinePosition ?? null
  }

  /** The first `limit` entries of a stretch, in order. */
  read({ transactionKey, after, upTo, kinds }: Stretch, limit: number): Promise<LiveEntry[]> {
    return this.#database.prisma.timelineEntry.findMany({
      where: { transactionKey, position: { gt: after, lte: upTo }, ...(kinds && { kind: { in: [...kinds] } }) },
      orderBy: { position: 'asc' },
      take: limit,
      include: ALL_THAT_BELONGS,
    })
  }

  /** The entries at these places, in any order, with whatever else `include` asks for. */
  findMany(places: readonly EntryPlace[], include?: Prisma.TimelineEntryInclude): Promise<TimelineEntry[]> {
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
