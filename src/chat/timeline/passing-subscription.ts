import type { LatestValues } from '../../events/latest-values.js'
import type { LiveEntry } from '../../events/topics.js'
import type { TimelineSubscription } from './timeline-subscription.js'

export interface PassingParts<Value> {
  /** What is told; of what waits only the latest under each key. */
  readonly values: LatestValues<string, Value>
  /** Follows the transaction as the viewer. It ends with an error where the viewer loses access, and so does this. */
  readonly timeline: TimelineSubscription
  /** Hears of the entries that the timeline was asked for. */
  readonly onEntry?: (entry: LiveEntry) => void
  /** Gives back what brings the values. Called once. */
  readonly release: () => void
}

/**
 * Tells one subscriber of passing states in a transaction, such as typing: whoever falls behind gets the latest. It ends
 * with the error of its timeline, NOT_FOUND when the viewer was removed, and never by itself.
 */
export class PassingSubscription<Value> implements AsyncIterableIterator<Value> {
  readonly #parts: PassingParts<Value>
  #failure: { readonly error: unknown } | null = null
  #isEnded = false

  /** The timeline and what brings the values are the subscription's from now on. */
  constructor(parts: PassingParts<Value>) {
    this.#parts = parts
    void this.#watchAccess()
  }

  async next(): Promise<IteratorResult<Value, undefined>> {
    const value = await this.#parts.values.take()
    if (value !== null) return { done: false, value }
    const failure = this.#failure
    this.#failure = null
    if (failure) throw failure.error
    return { done: true, value: undefined }
  }

  async return(): Promise<IteratorResult<Value, undefined>> {
    this.#end()
    await this.#parts.timeline.return()
    return { done: true, value: undefined }
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async #watchAccess(): Promise<void> {
    const { timeline, onEntry } = this.#parts
    try {
      for await (const entry of timeline) onEntry?.(entry)
    } catch (error) {
      if (!this.#isEnded) this.#failure = { error }
    }
    this.#end()
  }

  #end(): void {
    if (this.#isEnded) return
    this.#isEnded = true
    this.#parts.values.close()
    this.#parts.release()
  }
}
