import type { Logger } from 'pino'

/** Says in the log that something fails, once for as long as it does: not again for each time that it was tried. */
export class Outage {
  readonly #log: Pick<Logger, 'warn'>
  readonly #message: string
  readonly #details: object
  #isKnown = false

  /** @param details what stands beside the message in the log. */
  constructor(log: Pick<Logger, 'warn'>, message: string, details: object = {}) {
    this.#log = log
    this.#message = message
    this.#details = details
  }

  /** It failed. */
  note(error: unknown): void {
    if (!this.#isKnown) this.#log.warn({ err: error, ...this.#details }, this.#message)
    this.#isKnown = true
  }

  /** It went well. */
  end(): void {
    this.#isKnown = false
  }
}
