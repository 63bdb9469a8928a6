import assert from 'node:assert/strict'
import type { TimelineSubscription } from '../../../src/chat/timeline/timeline-subscription.js'
import type { LiveEntry } from '../../../src/events/topics.js'
import type { TimelineEntryKind } from '../../../src/generated/prisma/client.js'
import { AwayError, type ToldChanges } from './node-model.js'
import type { TimelineModel } from './timeline-model.js'

export interface SubscriberOptions {
  readonly timeline: TimelineModel
  readonly opened: Promise<TimelineSubscription>
  /** Null: from now on. */
  readonly after: number | null
  readonly kinds: readonly TimelineEntryKind[]
  /** Whether they need a seat to see anything. */
  readonly needsSeat: boolean
  readonly told: ToldChanges
}

/** Somebody who takes entries when they are told to, and knows of each whether it is the one that they should get. */
export class SubscriberModel {
  /** The newest position that was delivered, or the one they began with. */
  cursor: number
  delivered = 0
  end: 'NOT_FOUND' | 'closed' | null = null
  /** What went wrong: nobody waits for `take`. */
  failure: unknown = null
  readonly #options: SubscriberOptions
  /** Where the timeline stood when they began: departures up to here are forgotten. */
  readonly #headAtStart: number
  #isTaking = false
  #takesAll = false

  constructor(options: SubscriberOptions) {
    this.#options = options
    this.#headAtStart = options.timeline.head
    this.cursor = options.after ?? this.#headAtStart
    options.opened.catch((error) => this.#endWith(error))
  }

  /** Whether there is something that they should get and haven't: an entry, or the end. */
  get isWaiting(): boolean {
    return this.end === null && (this.#next !== undefined || this.#departure !== undefined)
  }

  /** Asks for the next entry, if no question is open; looks at it when it comes. */
  take(): void {
    if (this.#isTaking || this.end) return
    this.#isTaking = true
    void this.#take()
  }

  /** From now on asks for one after the other. */
  takeAll(): void {
    this.#takesAll = true
    this.take()
  }

  /** Whether `close` has come to its end. */
  isGone = false

  async close(): Promise<void> {
    this.end ??= 'closed'
    const subscription = await this.#options.opened.catch(() => null)
    await subscription?.return()
    this.isGone = true
  }

  /** Where the reader left, as far as it ends this subscription. */
  get #departure(): number | undefined {
    const { timeline, needsSeat } = this.#options
    return needsSeat ? timeline.departureAfter(this.#headAtStart) : undefined
  }

  /** The position that they should get next. */
  get #next(): number | undefined {
    const { timeline, kinds } = this.#options
    const end = this.#departure ?? Number.POSITIVE_INFINITY
    for (let position = this.cursor + 1; position <= timeline.head && position < end; position += 1) {
      const entry = timeline.entries[position - 1]
      if (entry && kinds.includes(entry.kind)) return position
    }
    return undefined
  }

  async #take(): Promise<void> {
    try {
      const subscription = await this.#options.opened
      do {
        const { done, value } = await subscription.next()
        if (this.end) return
        assert(!done, 'It ended by itself')
        if (value) this.#look(value)
      } while (this.#takesAll)
    } catch (error) {
      this.#endWith(error)
    } finally {
      this.#isTaking = false
    }
  }

  #look(entry: LiveEntry): void {
    const { timeline, needsSeat, told } = this.#options
    assert.equal(entry.position, this.#next, 'Not the entry that is due')
    this.cursor = entry.position
    this.delivered += 1
    const { message, kind } = entry
    if (!message) return
    const { id, content, version, deletedAt } = message
    assert.equal(content, timeline.contentAt(id, version), 'Not what it said in that version')
    assert(version >= entry.position, 'Older than the entry')
    assert(!needsSeat || deletedAt || version <= timeline.seenUpTo, 'Later than the reader was there')
    assert(content === null || !timeline.wasDeletedAt(id, told.of(id)), 'Deleted, as somebody was told')
    // Whoever has left gets what is still due as it was then, even if they are back by now.
    const isInsider = this.#departure === undefined
    assert(!isInsider || version >= told.of(id), 'Not changed yet, after somebody was told of the change')
    if (kind !== 'MESSAGE_SENT') told.hear(id, entry.position)
  }

  #endWith(error: unknown): void {
    const isNotFound = (error as { code?: string }).code === 'NOT_FOUND'
    if (isNotFound && this.#next === undefined && this.#departure !== undefined) this.end = 'NOT_FOUND'
    // It could not even be begun: the client is told so.
    else if (error instanceof AwayError && this.#isOpening) this.end = 'closed'
    else if (this.end !== 'closed') this.failure = error
  }

  get #isOpening(): boolean {
    return !this.#isTaking || this.cursor === (this.#options.after ?? this.#headAtStart)
  }
}
