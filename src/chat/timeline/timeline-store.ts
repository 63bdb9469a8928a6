import type { LiveEntry } from '../../events/topics.js'
import { Prisma, type TimelineEntry, type TimelineEntryKind } from '../../generated/prisma/client.js'
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
