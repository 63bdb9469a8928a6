import type { BoundedQueue } from '../../events/bounded-queue.js'
import type { LiveEntry } from '../../events/topics.js'
import type { TimelineEntryKind } from '../../generated/prisma/client.js'
import type { Stretch } from './read-statement.js'
import { cursorAhead } from './timeline-cursor.js'
import type { FollowerLease } from './timeline-followers.js'
import type { Reading, TimelineReader } from './timeline-store.js'

export interface SubscriptionOptions {
  readonly transactionKey: string
  /** Everything after this position, whether it is there already or comes later. */
  readonly after: number
  /** Only these kinds. */
  readonly kinds: readonly TimelineEntryKind[]
  /** Whose seat decides what they may see; null for those who need none. */
  readonly readerKey: string | null
  /** Looks at what may end the subscription, whether it is wanted or not; throws to end it there. */
  readonly guard: { readonly kinds: readonly TimelineEntryKind[]; check(entry: LiveEntry): void }
}

/**
 * Entries of one transaction's timeline, each once, in order: first what is stored, read at the subscriber's pace, then
 * what happens. A subscriber that falls behind by more than the queue holds goes back to reading.
 *
 * `return()` ends it at once, also while a `next()` waits: an async generator by itself would hang there.
 */
export class TimelineSubscription implements AsyncIterableIterator<LiveEntry> {
  readonly #lease: FollowerLease
  readonly #store: TimelineReader
  readonly #options: SubscriptionOptions
  readonly #entries: AsyncGenerator<LiveEntry, void>
  #queue: BoundedQueue<LiveEntry> | null = null
  #isEnded = false
  /** Ends the waiting for the database that is under way. */
  #giveUp: () => void = () => {}
  /** Up to where everything that matches was given out. */
  #position: number

  /** The lease is the subscription's from now on. */
  constructor(lease: FollowerLease, store: TimelineReader, options: SubscriptionOptions) {
    this.#lease = lease
    this.#store = store
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
    this.#lease.release()
  }

  async *#follow(): AsyncGenerator<LiveEntry, void> {
    while (!this.#isEnded) {
      yield* this.#catchUp()
      yield* this.#listen()
    }
  }

  /** Gives out what is stored, until we are where the follower is. */
  async *#catchUp(): AsyncGenerator<LiveEntry, void> {
    const { follower } = this.#lease
    const { transactionKey, kinds, guard, readerKey } = this.#options
    const wanted = [...new Set([...kinds, ...guard.kinds])]
    while (!this.#isEnded && !follower.hasGoneBack && this.#position < follower.position) {
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
      await this.#unlessEnded(this.#lease.follower.untilAnswered(error))
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

  /** Gives out what the follower passes on, until the queue overflows, is out of date, or is closed. */
  async *#listen(): AsyncGenerator<LiveEntry, void> {
    const { follower } = this.#lease
    // Looking and joining are one step: between two steps of a generator the follower may move on.
    if (this.#isEnded || follower.position > this.#position) return
    const queue = follower.join()
    this.#queue = queue
    for (let entries = await queue.take(); entries !== null; entries = await queue.take()) {
      const isWhole = yield* this.#give(entries, ({ position }) => follower.changedAt > position)
      if (!isWhole) break
    }
    this.#leave()
  }

  #leave(): void {
    if (this.#queue) this.#lease.follower.leave(this.#queue)
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
      if (isOutOfDate(entry)) return false
      this.#options.guard.check(entry)
      if (this.#isEnded) return false
      if (this.#options.kinds.includes(entry.kind)) yield entry
      this.#position = entry.position
    }
    return true
  }
}
