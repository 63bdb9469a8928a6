/** Does what concerns the same thing one after another, in the order in which it was asked for. */
export class Turns {
  /** By what it is about, when the last that was asked for is done. */
  readonly #last = new Map<string, Promise<unknown>>()

  /** About how many things something is under way at this moment. */
  get size(): number {
    return this.#last.size
  }

  /** Does it as soon as everything asked for before is done, whether or not that succeeded. */
  async take<Result>(name: string, work: () => Promise<Result>): Promise<Result> {
    const done = (this.#last.get(name) ?? Promise.resolve()).then(work)
    const settled = done.then(
      () => {},
      () => {},
    )
    this.#last.set(name, settled)
    try {
      return await done
    } finally {
      if (this.#last.get(name) === settled) this.#last.delete(name)
    }
  }
}
