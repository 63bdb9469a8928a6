import { TypingWatch, type WatchParts } from './typing-watch.js'

/** A watch on loan. Its owner gives it back. */
export interface WatchLease {
  readonly watch: TypingWatch
  release(): void
}

interface Shared {
  readonly watch: TypingWatch
  readonly started: Promise<void>
  leases: number
}

/** The watches of this node, one a transaction: started by the first who wants it, stopped after the last. */
export class TypingWatches {
  readonly #parts: WatchParts
  readonly #shared = new Map<string, Shared>()

  constructor(parts: WatchParts) {
    this.#parts = parts
  }

  /** How many transactions are watched at this moment. */
  get size(): number {
    return this.#shared.size
  }

  /** @throws when the watch can't be started; then nothing is left behind. */
  async lease(transactionKey: string): Promise<WatchLease> {
    const shared = this.#shared.get(transactionKey) ?? this.#start(transactionKey)
    shared.leases += 1
    let isReleased = false
    const release = () => {
      if (isReleased) return
      isReleased = true
      shared.leases -= 1
      if (shared.leases > 0) return
      this.#shared.delete(transactionKey)
      shared.watch.stop()
    }
    try {
      await shared.started
      return { watch: shared.watch, release }
    } catch (error) {
      release()
      throw error
    }
  }

  #start(transactionKey: string): Shared {
    const watch = new TypingWatch(transactionKey, this.#parts)
    const shared: Shared = { watch, started: watch.start(), leases: 0 }
    this.#shared.set(transactionKey, shared)
    return shared
  }
}
