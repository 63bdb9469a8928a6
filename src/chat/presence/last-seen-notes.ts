import type { PresenceStore } from './presence-store.js'

/**
 * Writes down when people were seen. What comes while a statement is under way goes together with the next, so that a
 * crowd that connects at once costs a few. While the database is away it is skipped: the next minute brings it again.
 */
export class LastSeenNotes {
  readonly #presences: Pick<PresenceStore, 'writeLastSeen'>
  #waiting = new Map<string, Date>()
  /** Settled when the last that was begun is written. */
  #written: Promise<void> = Promise.resolve()
  /** The same for those who wait; null when nobody does. */
  #next: Promise<void> | null = null

  constructor(presences: Pick<PresenceStore, 'writeLastSeen'>) {
    this.#presences = presences
  }

  /** Never rejects. Resolves when it is written, or was skipped. */
  note(userKeys: Iterable<string>, at: Date): Promise<void> {
    for (const userKey of userKeys) this.#waiting.set(userKey, at)
    this.#next ??= this.#written.then(() => this.#write())
    this.#written = this.#next
    return this.#next
  }

  async #write(): Promise<void> {
    const seen = this.#waiting
    this.#waiting = new Map()
    this.#next = null
    try {
      if (seen.size > 0) await this.#presences.writeLastSeen(seen)
    } catch {
      // It is skipped.
    }
  }
}
