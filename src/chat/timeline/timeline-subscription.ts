import type { BoundedQueue } from '../../events/bounded-queue.js'
import type { LiveEntry } from '../../events/topics.js'
import type { TimelineEntryKind } from '../../generated/prisma/client.js'
import type { CatchUpReason, Metrics } from '../../metrics.js'
import type { Stretch } from './read-statement.js'
import { cursorAhead } from './timeline-cursor.js'
import type { TimelineFollower } from './timeline-follower.js'
import type { Reading, TimelineReader } from './timeline-store.js'

export interface SubscriptionOptions {
  readonly transactionKey: string
  /** Everything after this position, whether it is there already or comes later. */
  readonly after: number
  /** Only these kinds. */
  readonly kinds: readonly TimelineEntryKind[]
  /** Whose seat decides what they may see; null for those who need none. */
  readonly readerKey: string | null
  /** Which partner listens, and a look at whether they still may, which throws if not; null for everyone else. */
  readonly partner: { readonly clientId: string; confirmAccess(): Promise<unknown> } | null
  /** Looks at what may end the subscription, whether it is wanted or not; throws to end it there. */
  readonly guard: { readonly kinds: readonly TimelineEntryKind[]; check(entry: LiveEntry): void }
}

export type SubscriptionMetrics = Pick<Metrics, 'catchUps' | 'queueOverflows'>

export interface SubscriptionParts {
  readonly follower: TimelineFollower
  /** Gives the follower back; called once the subscription has ended. */
  readonly release: () => void
  readonly store: TimelineReader
  readonly metrics: SubscriptionMetrics
}

/**
 * Entries of one transaction's timeline, each once, in order: first what is stored, read at the subscriber's pace, then
 * what happens. A subscriber that falls behind by more than the queue holds goes back to reading.
 *
 * `return()` ends it at once, also while a `next()` waits: an async generator by itself would hang there.
 */
export class TimelineSubscription implements AsyncIterableIterator<LiveEntry> {
  readonly #follower: TimelineFollower
  readonly #release: () => void
  readonly #store: TimelineReader
  readonly #metrics: SubscriptionMetrics
  readonly #options: SubscriptionOptions
  readonly #entries: AsyncGenerator<LiveEntry, void>
  #queue: BoundedQueue<LiveEntry> | null = null
  #isEnded = false
  /** How often the follower had been told whose the transaction is when the partner's access was last seen. */
  #confirmedLooks = -1
  /** Ends the waiting for the database that is under way. */
  #giveUp: () => void = () => {}
  /** Up to where everything that matches was given out. */
  #position: number

  constructor({ follower, release, store, metrics }: SubscriptionParts, options: SubscriptionOptions) {
    this.#follower = follower
    this.#release = release
    this.#store = store
    this.#metrics = metrics
    this.#options = options
    this.#position = options.after
    this.#entries = this.#follow()
  }

  async next(): Promise<IteratorResult<LiveEntry, undefined>> {
    try {
      const result = await this.#entries.next()
      return result.done ? { done: true, value: undefined } : result
    } catch (error) {
      // Whoever has ended it is not told what went wrong since.
      if (this.#isEnded) return { done: true, value: undefined }
      this.#end()
      throw error
    }
  }

  async return(): Promise<IteratorResult<LiveEntry, undefined>> {
    this.#end()
    await this.#entries.return()
    return { done: true, value: undefined }
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  #end(): void {
    this.#isEnded = true
    this.#giveUp()
    this.#queue?.close()
    this.#leave()
    this.#release()
  }

  async *#follow(): AsyncGenerator<LiveEntry, void> {
    let reason: CatchUpReason = 'after'
    while (!this.#isEnded) {
      if (this.#position < this.#follower.position) this.#metrics.catchUps.inc({ reason })
      if (this.#hasMovedAway) await this.#confirmPartner()
      yield* this.#catchUp()
      reason = yield* this.#listen()
    }
  }

  /** Gives out what is stored, until we are where the follower is. */
  async *#catchUp(): AsyncGenerator<LiveEntry, void> {
    const follower = this.#follower
    const { transactionKey, kinds, guard, readerKey } = this.#options
    const wanted = [...new Set([...kinds, ...guard.kinds])]
    while (!this.#isEnded && !follower.hasGoneBack && !this.#hasMovedAway && this.#position < follower.position) {
      const readAt = follower.changedAt
      const stretch = { transactionKey, after: this.#position, upTo: follower.position, kinds: wanted, readerKey }
      const { entries, position } = await this.#read(stretch)
      // The first is given in any case, so that it goes on however often something changes.
      const isWhole = yield* this.#give(entries, (entry) => entry !== entries[0] && follower.changedAt > readAt)
      if (isWhole) this.#position = position
    }
    if (follower.hasGoneBack) throw cursorAhead('after')
  }

  /** While the database is away it waits: a subscription outlives that. Nothing when the subscription has ended. */
  async #read(stretch: Stretch): Promise<Reading> {
    const nothing = { entries: [], position: stretch.after }
    try {
      return (await this.#unlessEnded(this.#store.read(stretch))) ?? nothing
    } catch (error) {
      if (!this.#store.isUnavailable(error)) throw error
      await this.#unlessEnded(this.#follower.untilAnswered(error))
      return nothing
    }
  }

  /** Waits, but not beyond the end. */
  #unlessEnded<Result>(work: Promise<Result>): Promise<Result | undefined> {
    return new Promise((resolve, reject) => {
      work.then(resolve, reject)
      this.#giveUp = () => resolve(undefined)
      if (this.#isEnded) this.#giveUp()
    })
  }

  /**
   * Gives out what the follower passes on, until the queue overflows, is out of date, or is closed.
   *
   * @returns why there may be something to catch up on.
   */
  async *#listen(): AsyncGenerator<LiveEntry, CatchUpReason> {
    const follower = this.#follower
    // Looking and joining are one step: between two steps of a generator the follower may move on.
    if (this.#isEnded || this.#hasMovedAway || follower.position > this.#position) return 'behind'
    const queue = follower.join(this.#options.partner)
    this.#queue = queue
    for (let entries = await queue.take(); entries !== null; entries = await queue.take()) {
      const isWhole = yield* this.#give(entries, ({ position }) => follower.changedAt > position)
      if (!isWhole) break
    }
    this.#leave()
    if (!queue.hasOverflowed) return 'changed'
    this.#metrics.queueOverflows.inc()
    return 'overflow'
  }

  /**
   * Whether, as far as the follower knows, the transaction isn't the partner's who listens, and nobody has looked since the
   * follower was told so. When the look shows that it is, the follower was behind; it is believed again at the next telling.
   */
  get #hasMovedAway(): boolean {
    const { partner } = this.#options
    const { partnerClientId, partnerLooks } = this.#follower
    return partner !== null && partnerClientId !== partner.clientId && partnerLooks !== this.#confirmedLooks
  }

  async #confirmPartner(): Promise<void> {
    const { partnerLooks } = this.#follower
    await this.#options.partner?.confirmAccess()
    this.#confirmedLooks = partnerLooks
  }

  #leave(): void {
    if (this.#queue) this.#follower.leave(this.#queue)
    this.#queue = null
  }

  /**
   * Gives out entries one by one, each as it is at that moment: when something was edited or deleted since they were
   * read, the rest is left to be read anew.
   *
   * @returns whether all were given.
   */
  *#give(entries: readonly LiveEntry[], isOutOfDate: (entry: LiveEntry) => boolean): Generator<LiveEntry, boolean> {
    for (const entry of entries) {
      // The follower may still be behind a cursor that was read from the database.
      if (entry.position <= this.#position) continue
      if (isOutOfDate(entry) || this.#hasMovedAway) return false
      this.#options.guard.check(entry)
      if (this.#isEnded) return false
      if (this.#options.kinds.includes(entry.kind)) yield entry
      this.#position = entry.position
    }
    return true
  }
}
