import { ServiceUnavailableError } from '../errors.js'

/**
 * When an answer is due. It counts from the moment in which the request arrived, or the event: whatever is waited for on
 * the way, a database that hangs for example, the caller isn't kept waiting longer than that.
 */
export class Deadline {
  #dueAt: number

  /** @param withinMs from now. */
  constructor(withinMs: number) {
    this.#dueAt = performance.now() + withinMs
  }

  /** Waits for what the caller takes their time for, the rest of a request for example: that doesn't count. */
  async withoutCounting<Result>(work: Promise<Result>): Promise<Result> {
    const since = performance.now()
    try {
      return await work
    } finally {
      this.#dueAt += performance.now() - since
    }
  }

  /**
   * Waits for work, but not beyond the deadline.
   *
   * @throws {ServiceUnavailableError} when time is up. The work goes on: a change may be made that was not acknowledged.
   */
  keep<Result>(work: Promise<Result>): Promise<Result> {
    return new Promise((resolve, reject) => {
      const giveUp = () => reject(new ServiceUnavailableError({ cause: new Error('It took too long') }))
      const timer = setTimeout(giveUp, this.#dueAt - performance.now())
      work.finally(() => clearTimeout(timer)).then(resolve, reject)
    })
  }
}
