import type { Logger } from 'pino'
import { Outage } from '../outage.js'
import type { PresenceStore } from './presence-store.js'

/** Knows who was suspended, as far as the database can be asked. */
export class Suspensions {
  readonly #presences: Pick<PresenceStore, 'findInactive'>
  readonly #outage: Outage

  constructor(presences: Pick<PresenceStore, 'findInactive'>, log: Logger) {
    this.#presences = presences
    this.#outage = new Outage(log, 'Who was suspended cannot be read')
  }

  /** Of these people those who may not be connected any more. Never rejects: while the database is away, nobody; that is logged once. */
  async among(userKeys: readonly string[]): Promise<string[]> {
    try {
      const inactive = await this.#presences.findInactive(userKeys)
      this.#outage.end()
      return inactive
    } catch (error) {
      this.#outage.note(error)
      return []
    }
  }
}
