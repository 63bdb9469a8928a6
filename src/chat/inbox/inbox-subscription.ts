import type { InboxState, InboxUpdate, Stamps } from './inbox.js'
import { InboxPace } from './inbox-pace.js'

/** How long a reading that failed is left alone. */
const RETRY_AFTER_MS = 1_000

export interface InboxSubscriptionParts {
  /** How these transactions stand for the listener, in their order; null where they have no seat. */
  readonly read: (transactionKeys: readonly string[]) => Promise<readonly (InboxState | null)[]>
  /** Whether a reading that failed may well succeed later. */
  readonly isPassing: (error: unknown) => boolean
  /** Called once. */
  readonly onEnd: () => void
  /** Milliseconds that only grow. */
  readonly now: () => number
}

/**
 * Tells one listener of their transactions, each as it stands when it is told: of many changes in a short time, or while
 * the reader was slow, only the latest state. It remembers what it has told, so that what is no news isn't told again,
 * and that which left the list is told once.
 *
 * It ends with `return()`, also while a `next()` waits, and when something fails for good.
 */
export class InboxSubscription implements AsyncIterableIterator<InboxUpdate> {
  readonly #parts: InboxSubscriptionParts
  readonly #pace = new InboxPace()
  /** What the listener has in the list, by the stamp under which they know it. */
  readonly #told = new Map<string, bigint>()
  #fingerprint = 0n
  /** What was read and not told yet. What is marked meanwhile is read anew. */
  readonly #read = new Map<string, InboxState | null>()
  #isEnded = false
  /** Ends the waiting that is under way. */
  #wake: () => void = () => {}

  constructor(parts: InboxSubscriptionParts) {
    this.#parts = parts
  }

  /** The sum of the stamps of all that the listener has in the list. */
  get fingerprint(): bigint {
    return this.#fingerprint
  }

  /** How many transactions it remembers something of. */
  get size(): number {
    return this.#told.size + this.#read.size + this.#pace.size
  }

  /** Takes over what is in the list already: none of that is news. */
  begin(stamps: Stamps): void {
    for (const [transactionKey, stamp] of stamps) this.#remember(transactionKey, stamp)
  }

  /** One of the transactions moved, came or went. */
  mark(transactionKey: string): void {
    if (this.#isEnded) return
    this.#read.delete(transactionKey)
    if (this.#pace.mark(transactionKey)) this.#wake()
  }

  /** Takes over how the list is, as the database says it: whatever nobody has rung for shows in that. */
  heal(stamps: Stamps): void {
    for (const transactionKey of new Set([...this.#told.keys(), ...this.#read.keys(), ...stamps.keys()])) {
      const newest = this.#read.has(transactionKey)
        ? this.#read.get(transactionKey)?.stamp
        : this.#told.get(transactionKey)
      if (newest !== stamps.get(transactionKey)) this.mark(transactionKey)
    }
  }

  async next(): Promise<IteratorResult<InboxUpdate, undefined>> {
    while (!this.#isEnded) {
      const update = this.#tellNext()
      if (update) return { done: false, value: update }
      const due = this.#pace.take(this.#parts.now())
      if (due.length === 0) await this.#untilDue()
      else await this.#unlessEnded(this.#readOn(due))
    }
    return { done: true, value: undefined }
  }

  async return(): Promise<IteratorResult<InboxUpdate, undefined>> {
    if (!this.#isEnded) {
      this.#isEnded = true
      this.#wake()
      this.#parts.onEnd()
    }
    return { done: true, value: undefined }
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  /** The first of what was read that is news. */
  #tellNext(): InboxUpdate | null {
    for (const [transactionKey, state] of this.#read) {
      this.#read.delete(transactionKey)
      if (this.#told.get(transactionKey) === state?.stamp) continue
      this.#remember(transactionKey, state?.stamp)
      this.#pace.rest(transactionKey, this.#parts.now())
      return this.#update(transactionKey, state?.transaction ?? null)
    }
    return null
  }

  #update(transactionKey: string, transaction: InboxUpdate['transaction']): InboxUpdate {
    const revoke = () => {
      this.#remember(transactionKey, undefined)
      return this.#update(transactionKey, null)
    }
    return { transactionKey, transaction, revoke }
  }

  /** @param stamp undefined: it is not in the list any more. */
  #remember(transactionKey: string, stamp: bigint | undefined): void {
    this.#fingerprint += (stamp ?? 0n) - (this.#told.get(transactionKey) ?? 0n)
    if (stamp === undefined) this.#told.delete(transactionKey)
    else this.#told.set(transactionKey, stamp)
  }

  async #readOn(transactionKeys: readonly string[]): Promise<void> {
    try {
      const states = await this.#parts.read(transactionKeys)
      for (const [index, transactionKey] of transactionKeys.entries()) {
        this.#read.set(transactionKey, states[index] ?? null)
      }
    } catch (error) {
      if (!this.#parts.isPassing(error)) {
        await this.return()
        throw error
      }
      for (const transactionKey of transactionKeys) {
        this.#pace.mark(transactionKey)
        this.#pace.rest(transactionKey, this.#parts.now(), RETRY_AFTER_MS)
      }
    }
  }

  async #untilDue(): Promise<void> {
    const at = this.#pace.nextAtMs
    let timer: NodeJS.Timeout | undefined
    await new Promise<void>((resolve) => {
      this.#wake = resolve
      if (at !== null) timer = setTimeout(resolve, Math.max(1, Math.ceil(at - this.#parts.now()))).unref()
    })
    clearTimeout(timer)
  }

  /** Waits, but not beyond the end. */
  #unlessEnded(work: Promise<void>): Promise<void> {
    return new Promise((resolve, reject) => {
      work.then(resolve, reject)
      this.#wake = () => {
        if (this.#isEnded) resolve()
      }
    })
  }
}
