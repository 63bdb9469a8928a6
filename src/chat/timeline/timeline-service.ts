import type { Viewer } from '../../auth/viewer.js'
import { NotFoundError } from '../../errors.js'
import type { LiveEntry } from '../../events/topics.js'
import type { Prisma, TimelineEntry, TimelineEntryKind, Transaction } from '../../generated/prisma/client.js'
import { type Page, type PageArgs, type PageRequest, readPageRequest } from '../page.js'
import type { Place } from '../place.js'
import type { TransactionAccess } from '../transaction/transaction.js'
import type { TransactionPolicy } from '../transaction/transaction-policy.js'
import { ENTRIES_PER_PAGE, whoLeft } from './timeline.js'
import { decodeCursor } from './timeline-cursor.js'
import type { TimelineFollowers } from './timeline-followers.js'
import type { TimelineStore } from './timeline-store.js'
import { type SubscriptionMetrics, TimelineSubscription } from './timeline-subscription.js'

/** Reads and follows timelines. */
export class TimelineService {
  readonly #timelines: TimelineStore
  readonly #followers: TimelineFollowers
  readonly #transactionPolicy: TransactionPolicy
  readonly #metrics: SubscriptionMetrics
  readonly #maxPageSize: number

  constructor(parts: {
    timelines: TimelineStore
    followers: TimelineFollowers
    transactionPolicy: TransactionPolicy
    metrics: SubscriptionMetrics
    maxPageSize: number
  }) {
    this.#timelines = parts.timelines
    this.#followers = parts.followers
    this.#transactionPolicy = parts.transactionPolicy
    this.#metrics = parts.metrics
    this.#maxPageSize = parts.maxPageSize
  }

  /**
   * Reads the paging arguments of anything that is listed along a timeline: entries or messages.
   *
   * @throws {BadUserInputError}
   */
  pageRequest({ key: transactionKey, timelinePosition: head }: Transaction, args: PageArgs): PageRequest<number> {
    return readPageRequest(args, {
      maxPageSize: this.#maxPageSize,
      defaultSize: ENTRIES_PER_PAGE,
      defaultEnd: 'newest',
      decodeCursor: (cursor, field) => decodeCursor(cursor, field, { transactionKey, head }),
    })
  }

  /** The entries at these places that exist and that the viewer may see, with what `include` asks for. */
  async findVisible(
    viewer: Viewer,
    places: readonly Place[],
    include?: Prisma.TimelineEntryInclude,
  ): Promise<TimelineEntry[]> {
    // Asked first: how far somebody else's timeline goes shows in the time that it takes.
    const visible = await this.#transactionPolicy.onlyVisible(viewer, places)
    return visible.length === 0 ? [] : this.#timelines.findMany(visible, include)
  }

  /** The same page of each timeline, oldest first. The caller has made sure that the viewer may see the transactions. */
  pages(
    transactionKeys: readonly string[],
    request: PageRequest<number>,
    include?: Prisma.TimelineEntryInclude,
  ): Promise<Page<TimelineEntry>[]> {
    return this.#timelines.pages(transactionKeys, request, include)
  }

  /**
   * All entries of these kinds after a cursor, however long ago, and then each as it happens: once and in order. Without a
   * cursor it begins with what comes after this call returned. It ends with NOT_FOUND exactly where the viewer left.
   *
   * @throws {NotFoundError} when there is no such transaction or the viewer may not see it.
   * @throws {BadUserInputError} when `after` is not a cursor of it.
   */
  async follow(
    viewer: Viewer,
    transactionKey: string,
    { after, kinds }: { after?: string | null | undefined; kinds: readonly TimelineEntryKind[] },
  ): Promise<TimelineSubscription> {
    const access = await this.#transactionPolicy.requireAccess(viewer, transactionKey)
    const head = access.transaction.timelinePosition
    // From where the viewer's seat was seen, not from where the follower is: a removal in between must not be passed over.
    const position = after == null ? head : decodeCursor(after, 'after', { transactionKey, head })
    const { thing: follower, release } = await this.#followers.borrow(transactionKey)
    follower.see(head)
    return new TimelineSubscription(
      { follower, release, store: this.#timelines, metrics: this.#metrics },
      {
        transactionKey,
        after: position,
        kinds,
        readerKey: access.seat?.userKey ?? null,
        partner:
          viewer.kind === 'PARTNER'
            ? {
                clientId: viewer.clientId,
                confirmAccess: () => this.#transactionPolicy.requireAccess(viewer, transactionKey),
              }
            : null,
        guard: { kinds: ['PARTICIPANT_LEFT'], check: (entry) => endWhereViewerLeft(entry, access) },
      },
    )
  }
}

/** Earlier departures don't count: whoever came back sees the whole history. */
function endWhereViewerLeft(entry: LiveEntry, { seat, transaction }: TransactionAccess): void {
  if (seat === null || whoLeft(entry) !== seat.userKey) return
  if (entry.position <= transaction.timelinePosition) return
  throw new NotFoundError('transaction', 'transactionId')
}
