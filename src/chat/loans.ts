/** A thing on loan. Whoever has it gives it back with `release()`; a second call does nothing. */
export interface Loan<Thing> {
  readonly thing: Thing
  release(): void
}

interface Lent<Thing> {
  readonly started: Promise<Thing>
  /** Null until it has started. */
  thing: Thing | null
  loans: number
}

export interface LoansOptions<Thing> {
  readonly start: (key: string) => Promise<Thing>
  /** Called when nothing is shared any more; what was forgotten doesn't count. */
  readonly onEmpty?: () => void
}

/** One thing a key for all who want it: started for the first, stopped after the last. */
export class Loans<Thing extends { stop(): void }> {
  readonly #start: (key: string) => Promise<Thing>
  readonly #onEmpty: () => void
  readonly #lent = new Map<string, Lent<Thing>>()

  constructor({ start, onEmpty = () => {} }: LoansOptions<Thing>) {
    this.#start = start
    this.#onEmpty = onEmpty
  }

  /** How many things are shared, or being started; what was forgotten doesn't count. */
  get size(): number {
    return this.#lent.size
  }

  /** What has started and is not forgotten, by key. */
  *[Symbol.iterator](): IterableIterator<[key: string, thing: Thing]> {
    for (const [key, { thing }] of this.#lent) if (thing) yield [key, thing]
  }

  /** @throws when the thing can't be started; then nothing is left behind. */
  async borrow(key: string): Promise<Loan<Thing>> {
    const lent = this.#lent.get(key) ?? this.#lend(key)
    lent.loans += 1
    let isReleased = false
    const release = () => {
      if (isReleased) return
      isReleased = true
      lent.loans -= 1
      if (lent.loans === 0) this.#takeBack(key, lent)
    }
    try {
      lent.thing = await lent.started
      return { thing: lent.thing, release }
    } catch (error) {
      release()
      throw error
    }
  }

  /** Shares this thing with nobody else: the next gets a new one, and whoever has it keeps it. */
  forget(key: string, thing: Thing): void {
    if (this.#lent.get(key)?.thing === thing) this.#remove(key)
  }

  #lend(key: string): Lent<Thing> {
    const lent: Lent<Thing> = { started: this.#start(key), thing: null, loans: 0 }
    this.#lent.set(key, lent)
    return lent
  }

  #takeBack(key: string, lent: Lent<Thing>): void {
    if (this.#lent.get(key) === lent) this.#remove(key)
    lent.thing?.stop()
  }

  #remove(key: string): void {
    this.#lent.delete(key)
    if (this.#lent.size === 0) this.#onEmpty()
  }
}
