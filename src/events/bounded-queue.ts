/**
 * A queue between one producer that never waits and one consumer that may be slow. It holds at most `capacity` items;
 * the one that would be too many empties it and ends it, and the consumer learns that it fell behind.
 */
export class BoundedQueue<Item> {
  readonly #capacity: number
  #items: Item[] = []
  #state: 'open' | 'overflowed' | 'closed' = 'open'
  #wake: (() => void) | null = null

  constructor(capacity: number) {
    this.#capacity = capacity
  }

  /** How many items are waiting. */
  get size(): number {
    return this.#items.length
  }

  /** Whether an item was dropped. Then the queue takes and gives nothing any more. */
  get hasOverflowed(): boolean {
    return this.#state === 'overflowed'
  }

  push(item: Item): void {
    if (this.#state !== 'open') return
    if (this.#items.length === this.#capacity) {
      this.#end('overflowed')
      return
    }
    this.#items.push(item)
    this.#wake?.()
  }

  /** Ends the queue: what is still in it is dropped, and a waiting consumer wakes. */
  close(): void {
    if (this.#state === 'open') this.#end('closed')
  }

  /** All that is waiting, in order, as soon as there is something; null when the queue has ended. */
  async take(): Promise<Item[] | null> {
    while (this.#items.length === 0) {
      if (this.#state !== 'open') return null
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
      this.#wake = null
    }
    const items = this.#items
    this.#items = []
    return items
  }

  #end(state: 'overflowed' | 'closed'): void {
    this.#state = state
    this.#items = []
    this.#wake?.()
  }
}
