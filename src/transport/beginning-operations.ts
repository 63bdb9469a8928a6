/** An operation of a socket, from `subscribe` to its first step. */
interface Beginning {
  /** Settled when all that was asked for before it listens. */
  readonly earlier: Promise<unknown>
  /** Settled when it listens, or will never. */
  readonly begun: Promise<unknown>
  readonly settle: () => void
}

/**
 * The operations of a socket that are about to begin. They are let through in the order in which they were asked for,
 * whichever takes longer to check: what is sent first is stored first.
 */
export class BeginningOperations {
  readonly #operations = new Map<string, Beginning>()
  #lastLetThrough: Promise<unknown> = Promise.resolve()

  /** Notes one that is being checked. Resolves with what came of it, when all before it are let through as well. */
  async add<Outcome>(id: string, checked: Promise<Outcome>): Promise<Outcome> {
    let settle = () => {}
    const begun = new Promise<void>((resolve) => {
      settle = resolve
    })
    const earlier = Promise.all([...this.#operations.values()].map((operation) => operation.begun))
    this.#operations.set(id, { earlier, begun, settle })
    const letThrough = Promise.all([checked, this.#lastLetThrough])
    // Without its result: that would hold on to the one before, and so to all.
    this.#lastLetThrough = letThrough.then(() => undefined)
    const [outcome] = await letThrough
    return outcome
  }

  /** Resolves when everything that was asked for before this one listens. Later ones don't wait for it. */
  async begunBefore(id: string): Promise<void> {
    const operation = this.#operations.get(id)
    operation?.settle()
    await operation?.earlier
  }

  /** It listens as soon as this settles. */
  listens(id: string, listening: Promise<unknown>): void {
    const settle = this.#operations.get(id)?.settle
    if (settle) listening.then(settle, settle)
  }

  remove(id: string): void {
    this.#operations.get(id)?.settle()
    this.#operations.delete(id)
  }
}
