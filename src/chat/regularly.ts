/** Does something again and again, as long as somebody needs it; never twice at once. */
export class Regularly {
  readonly #everyMs: number
  readonly #work: () => Promise<void>
  #timer: NodeJS.Timeout | undefined
  #isWorking = false

  /** @param work never rejects. */
  constructor(everyMs: number, work: () => Promise<void>) {
    this.#everyMs = everyMs
    this.#work = work
  }

  /** Begins, unless it has begun. It keeps no process alive. */
  start(): void {
    this.#timer ??= setInterval(() => void this.now(), this.#everyMs).unref()
  }

  stop(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  /** Once, at once; nothing while it is under way already. */
  async now(): Promise<void> {
    if (this.#isWorking) return
    this.#isWorking = true
    try {
      await this.#work()
    } finally {
      this.#isWorking = false
    }
  }
}
