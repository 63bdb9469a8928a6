import type { Logger } from 'pino'
import type { BoundedQueue } from '../../events/bounded-queue.js'
import type { EventBus, Unsubscribe } from '../../events/event-bus.js'
import type { LiveEntry, TimelineAdvanced } from '../../events/topics.js'
import type { TimelineStore } from './timeline-store.js'

const READ_SIZE = 200
const RETRY_AFTER_MS = 1_000

/**
 * Follows one transaction's timeline for all its listeners on this node. The bus is the doorbell: it says that there is
 * something new, and mostly brings it along. What it doesn't bring is read from the database. Each listener gets each
 * position, in order, before anyone gets the next one.
 */
export class TimelineFollower {
  readonly #transactionKey: string
  readonly #store: TimelineStore
  readonly #log: Logger
  readonly #queues = new Set<BoundedQueue<LiveEntry>>()
  /** Up to where everything has been passed on. */
  #position: number
  #changedAt = 0
  /** The newest position that we know of. */
  #head: number
  #isReading = false
  #retry: NodeJS.Timeout | undefined
  #unsubscribe: Unsubscribe = () => {}

  private constructor(transactionKey: string, head: number, store: TimelineStore, log: Logger) {
    this.#transactionKey = transactionKey
    this.#position = head
    this.#head = head
    this.#store = store
    this.#log = log
  }

  /** Starts to listen, then reads where the timeline stands: what comes in between is not missed. */
  static async start(
    transactionKey: string,
    store: TimelineStore,
    bus: EventBus,
    log: Logger,
  ): Promise<TimelineFollower> {
    let follower: TimelineFollower | undefined
    let rungMeanwhile = 0
    const unsubscribe = await bus.subscribe('timelineAdvanced', transactionKey, (news) => {
      if (follower) follower.#hear(news)
      else rungMeanwhile = Math.max(rungMeanwhile, news.position)
    })
    try {
      const head = (await store.head(transactionKey)) ?? 0
      follower = new TimelineFollower(transactionKey, head, store, log)
      follower.#unsubscribe = unsubscribe
      follower.#hear({ position: rungMeanwhile, entries: [] })
      return follower
    } catch (error) {
      unsubscribe()
      throw error
    }
  }

  get position(): number {
    return this.#position
  }

  /** The position of the newest edit or deletion that was passed on. What was read before it may be out of date. */
  get changedAt(): number {
    return this.#changedAt
  }

  /** From now on the queue gets each entry after `position`. */
  join(queue: BoundedQueue<LiveEntry>): void {
    this.#queues.add(queue)
  }

  leave(queue: BoundedQueue<LiveEntry>): void {
    this.#queues.delete(queue)
  }

  stop(): void {
    this.#unsubscribe()
    clearTimeout(this.#retry)
    // A reading that is under way finds nothing left to read.
    this.#head = this.#position
  }

  #hear({ position, entries }: TimelineAdvanced): void {
    this.#head = Math.max(this.#head, position)
    // While a reading is under way it will come to these too.
    if (!this.#isReading) this.#passOn(entries)
    if (this.#position < this.#head) void this.#readOn()
  }

  /** Passes on what comes next, as far as there is no gap. */
  #passOn(entries: readonly LiveEntry[]): void {
    for (const entry of entries) {
      if (entry.position !== this.#position + 1) continue
      this.#position = entry.position
      if (entry.kind === 'MESSAGE_EDITED' || entry.kind === 'MESSAGE_DELETED') this.#changedAt = entry.position
      for (const queue of this.#queues) queue.push(entry)
    }
  }

  async #readOn(): Promise<void> {
    if (this.#isReading) return
    this.#isReading = true
    clearTimeout(this.#retry)
    try {
      while (this.#position < this.#head) {
        const stretch = { transactionKey: this.#transactionKey, after: this.#position, upTo: this.#head }
        const entries = await this.#store.read(stretch, READ_SIZE)
        if (entries.length === 0) throw new Error(`No entries between ${stretch.after} and ${stretch.upTo}`)
        this.#passOn(entries)
      }
    } catch (error) {
      this.#log.warn({ err: error, transactionKey: this.#transactionKey }, 'Reading a timeline on failed; trying again')
      this.#retry = setTimeout(() => void this.#readOn(), RETRY_AFTER_MS).unref()
    } finally {
      this.#isReading = false
    }
  }
}
