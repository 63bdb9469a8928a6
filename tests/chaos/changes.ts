/** Lets somebody wait until something holds, looked at anew whenever anything has changed. */
export class Changes {
  readonly #waiting = new Set<() => void>()

  /** Something has changed. */
  readonly tell = (): void => {
    for (const look of [...this.#waiting]) look()
  }

  /** Resolves when it holds, with true, or when the time is over, with false. */
  until(holds: () => boolean, withinMs: number): Promise<boolean> {
    return new Promise((resolve) => {
      const settle = (answer: boolean) => {
        clearTimeout(timer)
        this.#waiting.delete(look)
        resolve(answer)
      }
      const look = () => {
        if (holds()) settle(true)
      }
      const timer = setTimeout(() => settle(false), withinMs)
      this.#waiting.add(look)
      look()
    })
  }
}
