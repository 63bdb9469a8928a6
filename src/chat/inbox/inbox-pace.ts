/** A transaction is told of at most four times a second. */
const REST_MS = 250
/** Rests end on ticks, so that all who wait for the same transaction are read for at once. */
const TICK_MS = 25

/**
 * Says when somebody is to be told of what: at once, of what has been quiet; after its rest, of what they were told just
 * now. What is marked stays due until it is taken, so the latest is always told.
 */
export class InboxPace {
  readonly #due = new Set<string>()
  readonly #restsUntil = new Map<string, number>()

  /** Something happened to it. The answer is whether it was not due yet. */
  mark(transactionKey: string): boolean {
    if (this.#due.has(transactionKey)) return false
    this.#due.add(transactionKey)
    return true
  }

  /** Those that are due and have rested, the longest waiting first. They are due no more. */
  take(nowMs: number): string[] {
    for (const [transactionKey, untilMs] of this.#restsUntil) {
      if (untilMs <= nowMs) this.#restsUntil.delete(transactionKey)
    }
    const taken = [...this.#due].filter((transactionKey) => !this.#restsUntil.has(transactionKey))
    for (const transactionKey of taken) this.#due.delete(transactionKey)
    return taken
  }

  /** It is told at this moment, and then rests. */
  rest(transactionKey: string, nowMs: number, forMs = REST_MS): void {
    this.#restsUntil.set(transactionKey, Math.ceil((nowMs + forMs) / TICK_MS) * TICK_MS)
  }

  /** When the next may be taken; null when nothing is due. */
  get nextAtMs(): number | null {
    if (this.#due.size === 0) return null
    return Math.min(...[...this.#due].map((transactionKey) => this.#restsUntil.get(transactionKey) ?? 0))
  }

  /** How many transactions it remembers something of. */
  get size(): number {
    return new Set([...this.#due, ...this.#restsUntil.keys()]).size
  }
}
