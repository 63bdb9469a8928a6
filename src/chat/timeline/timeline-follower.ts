import type { Logger } from 'pino'
import { BoundedQueue } from '../../events/bounded-queue.js'
import type { EventBus, Unsubscribe } from '../../events/event-bus.js'
import type { LiveEntry, TimelineAdvanced } from '../../events/topics.js'
import { Outage } from '../outage.js'
import { asAtTheTime } from './timeline.js'
import type { Head, TimelineReader } from './timeline-store.js'

export interface FollowerParts {
  readonly store: TimelineReader
  readonly bus: EventBus
  readonly log: Logger
  /** How many entries wait for a listener at most. */
  readonly queueCapacity: number
}

/** Where a timeline stands of which there is nothing. */
export const NOTHING: Head = { position: 0, partnerClientId: null }

/**
 * Follows one transaction's timeline for all its listeners on this node. The bus is the doorbell: it says that there is
 * something new, and mostly brings it along. What it doesn't bring is read from the database. Each listener gets each
 * position, in order, before anyone gets the next one.
 */
export class TimelineFollower {
  readonly #transactionKey: string
  readonly #store: TimelineReader
  readonly #log: Logger
  readonly #queueCapacity: number
  /** With whose each is, where that is a partner's. */
  readonly #queues = new Map<BoundedQueue<LiveEntry>, { readonly clientId: string } | null>()
  /** Up to where everything has been passed on. */
  #position: number
  #changedAt = 0
  /** The newest position that we know of. */
  #head: number
  /** The newest position that somebody is known to have read, be we there or not. */
  #seen: number
  #partnerClientId: string | null
  #partnerLooks = 0
  #isReading = false
  readonly #outage: Outage
  #isStopped = false
  #hasGoneBack = false
  #awaitingAnswer: (() => void)[] = []
  #unsubscribe: Unsubscribe = () => {}

  private constructor(
    transactionKey: string,
    { position, partnerClientId }: Head,
    { store, log, queueCapacity }: FollowerParts,
  ) {
    this.#transactionKey = transactionKey
    this.#position = position
    this.#head = position
    this.#seen = position
    this.#partnerClientId = partnerClientId
    this.#store = store
    this.#log = log
    this.#outage = new Outage(log, 'Reading a timeline on failed', { transactionKey })
    this.#queueCapacity = queueCapacity
  }

  /** Starts to listen, then reads where the timeline stands: what comes in between is not missed. */
  static async start(transactionKey: string, parts: FollowerParts): Promise<TimelineFollower> {
    let follower: TimelineFollower | undefined
    const rungMeanwhile: TimelineAdvanced[] = []
    const unsubscribe = await parts.bus.subscribe('timelineAdvanced', transactionKey, (news) => {
      if (follower) follower.#hear(news)
      else rungMeanwhile.push({ ...news, entries: [] })
    })
    try {
      const heads = await parts.store.heads([transactionKey])
      follower = new TimelineFollower(transactionKey, heads.get(transactionKey) ?? NOTHING, parts)
      follower.#unsubscribe = unsubscribe
      for (const news of rungMeanwhile) follower.#hear(news)
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

  /** Up to where the timeline was there once: ours, or read by somebody who listens. If it ends before, it was put back. */
  get seen(): number {
    return Math.max(this.#seen, this.#position)
  }

  /** Somebody who listens has read so far in the database, which may be further than we are. */
  see(position: number): void {
    this.#seen = Math.max(this.#seen, position)
    this.#hear({ position, entries: [] })
  }

  /** Whether the database was put back to an earlier state. Then nothing is passed on any more. */
  get hasGoneBack(): boolean {
    return this.#hasGoneBack
  }

  /** Whose transaction it is, as a partner's client id; null when it is nobody's. As the doorbell or the database said last. */
  get partnerClientId(): string | null {
    return this.#partnerClientId
  }

  /** How often we were told whose it is, by the doorbell or the database. */
  get partnerLooks(): number {
    return this.#partnerLooks
  }

  /** A queue that gets each entry after `position`, from now on until it leaves. @param partner whose it is; null: no partner's. */
  join(partner: { readonly clientId: string } | null): BoundedQueue<LiveEntry> {
    const queue = new BoundedQueue<LiveEntry>(this.#queueCapacity)
    this.#queues.set(queue, partner)
    return queue
  }

  leave(queue: BoundedQueue<LiveEntry>): void {
    this.#queues.delete(queue)
  }

  /**
   * Somebody's own reading failed, which is logged once. Resolves when the database has answered, as the next healing
   * finds; at once when the timeline has gone back.
   */
  untilAnswered(error: unknown): Promise<void> {
    this.#outage.note(error)
    return new Promise((resolve) => {
      if (this.#hasGoneBack) resolve()
      else this.#awaitingAnswer.push(resolve)
    })
  }

  /**
   * Takes over where the timeline stands, as the database says it: what the doorbell lost shows in that.
   *
   * @param seen what `seen` was when the database was asked.
   */
  heal({ position, partnerClientId }: Head, seen: number): void {
    if (this.#isStopped) return
    this.#belongTo(partnerClientId)
    if (position < seen) this.#goBack(position)
    else this.#hear({ position, entries: [] })
    for (const resolve of this.#awaitingAnswer.splice(0)) resolve()
  }

  stop(): void {
    this.#unsubscribe()
    this.#isStopped = true
  }

  #hear({ position, entries, partnerClientId }: TimelineAdvanced): void {
    // What was on its way when we unsubscribed may still come.
    if (this.#isStopped) return
    if (partnerClientId !== undefined) this.#belongTo(partnerClientId)
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
      for (const queue of this.#queues.keys()) queue.push(entry)
    }
  }

  async #readOn(): Promise<void> {
    if (this.#isReading) return
    this.#isReading = true
    try {
      while (this.#position < this.#head && !this.#isStopped) {
        const after = this.#position
        const upTo = this.#head
        const { entries } = await this.#store.read({ transactionKey: this.#transactionKey, after, upTo })
        this.#outage.end()
        if (this.#isStopped) return
        // As it came by the doorbell it was as at the time too, and whoever is about to leave must not see what is later.
        this.#passOn(entries.map(asAtTheTime))
        // There is nothing: a false alarm. The database knows best.
        if (this.#position === after && this.#head === upTo) this.#head = after
      }
    } catch (error) {
      // The next ring or the next healing comes back to it; what is said once need not be said each time.
      this.#outage.note(error)
    } finally {
      this.#isReading = false
    }
  }

  /**
   * Takes over whose it is. A partner who listens and isn't that one looks again whether they may: one of the two of us is
   * behind.
   */
  #belongTo(partnerClientId: string | null): void {
    this.#partnerClientId = partnerClientId
    this.#partnerLooks += 1
    for (const [queue, partner] of this.#queues) if (partner && partner.clientId !== partnerClientId) queue.close()
  }

  #goBack(head: number): void {
    this.#log.error(
      { transactionKey: this.#transactionKey, position: this.#position, head },
      'A timeline is shorter than it was: the database was put back to an earlier state',
    )
    this.#hasGoneBack = true
    this.stop()
    for (const queue of this.#queues.keys()) queue.close()
  }
}
