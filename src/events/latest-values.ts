/**
 * Values on their way to one consumer, of which only the latest under each key counts: a value that waits is replaced
 * where it stands. So what waits is never more than there are keys, however slow the consumer is.
 */
export class LatestValues<Key, Value> {
  readonly #values = new Map<Key, Value>()
  #isClosed = false
  #wake: () => void = () => {}

  set(key: Key, value: Value): void {
    if (this.#isClosed) return
    this.#values.set(key, value)
    this.#wake()
  }

  /** Takes back what waits under a key. */
  delete(key: Key): void {
    this.#values.delete(key)
  }

  /** Ends it: what is still in it is dropped, and a waiting consumer wakes. */
  close(): void {
    this.#isClosed = true
    this.#values.clear()
    this.#wake()
  }

  /** The value that has waited longest, as soon as there is one; null when it was closed. One consumer waits at a time. */
  async take(): Promise<Value | null> {
    for (;;) {
      const [first] = this.#values
      if (first) {
        this.#values.delete(first[0])
        return first[1]
      }
      if (this.#isClosed) return null
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }
}
