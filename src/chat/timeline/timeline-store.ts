import type { LiveEntry } from '../../events/topics.js'
import type { Prisma, TimelineEntry, TimelineEntryKind } from '../../generated/prisma/client.js'
import type { Database } from '../../platform/database.js'
import { makePage, type Page, type PageRequest } from '../page.js'

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
export type EntryPlace = Pick<TimelineEntry, 'transactionKey' | 'position'>

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
      where: { OR: places.map(({ transactionKey, position }) => ({ transactionKey, position })) },
      ...(include && { include }),
    })
  }

  /** The same page of each of these transactions' timelines, in their order and in one statement. */
  async pages(
    transactionKeys: readonly string[],
    request: PageRequest<number>,
    include?: Prisma.TimelineEntryInclude,
  ): Promise<Page<TimelineEntry>[]> {
    const { from, size, after, before } = request
    const found = await this.#database.prisma.transaction.findMany({
      where: { key: { in: [...transactionKeys] } },
      select: {
        key: true,
        timeline: {
          where: { position: { ...(after !== null && { gt: after }), ...(before !== null && { lt: before }) } },
          orderBy: { position: from === 'start' ? 'asc' : 'desc' },
          take: size + 1,
          ...(include && { include }),
        },
      },
    })
    const timelines = new Map(found.map(({ key, timeline }) => [key, timeline]))
    return transactionKeys.map((key) => makePage(request, timelines.get(key) ?? [], this.#existsIn(key)))
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
