import type { Logger } from 'pino'
import type { PresenceStore } from './presence-store.js'

/** Knows who was suspended, as far as the database can be asked. */
export class Suspensions {
  readonly #presences: Pick<PresenceStore, 'findInactive'>
  readonly #log: Logger
  #isOutOfContact = false

  constructor(presences: Pick<PresenceStore, 'findInactive'>, log: Logger) {
    this.#presences = presences
    this.#log = log
  }

  /** Of these people those who may not be connected any more. Never rejects: while the database is away, nobody; that is logged once. */
  async among(userKeys: readonly string[]): Promise<string[]> {
    try {
      const inactive = await this.#presences.findInactive(userKeys)
      this.#isOutOfContact = false
      return inactive
    } catch (error) {
      if (!this.#isOutOfContact) this.#log.warn({ err: error }, 'Who was suspended cannot be read')
      this.#isOutOfContact = true
      return []
    }
  }
}
