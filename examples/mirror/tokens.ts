/** Keeps a token until it is refused, and then asks for another. */
export class Tokens {
  readonly #ask: () => Promise<string>
  #current: Promise<string> | null = null

  constructor(ask: () => Promise<string>) {
    this.#ask = ask
  }

  /** @throws whatever the asking throws; the next one asks again. */
  async get(): Promise<string> {
    const asking = this.#current ?? this.#ask()
    this.#current = asking
    try {
      return await asking
    } catch (error) {
      if (this.#current === asking) this.#current = null
      throw error
    }
  }

  /** This one is not good any more. Whoever says so of one that is replaced already is late. */
  async refuse(token: string): Promise<void> {
    const current = this.#current
    if ((await current?.catch(() => null)) === token && this.#current === current) this.#current = null
  }
}
