/** The subscriptions that a socket may have. */
export class SubscriptionSlots {
  readonly #max: number
  #taken = 0

  constructor(max: number) {
    this.#max = max
  }

  /** Takes one. @returns what gives it back, however often it is called; null when there is none left. */
  take(): (() => void) | null {
    if (this.#taken >= this.#max) return null
    this.#taken += 1
    let isTaken = true
    return () => {
      if (isTaken) this.#taken -= 1
      isTaken = false
    }
  }
}

/** The same results; calls back as soon as the last is there, or nobody wants any more. */
export function untilEnd<Result>(
  results: AsyncGenerator<Result, void, void>,
  onEnd: () => void,
): AsyncGenerator<Result, void, void> {
  return {
    async next() {
      try {
        const next = await results.next()
        if (next.done) onEnd()
        return next
      } catch (error) {
        onEnd()
        throw error
      }
    },
    return() {
      onEnd()
      return results.return()
    },
    throw(error) {
      onEnd()
      return results.throw(error)
    },
    [Symbol.asyncIterator]() {
      return this
    },
    async [Symbol.asyncDispose]() {
      await this.return()
    },
  }
}
