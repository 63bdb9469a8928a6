import DataLoader from 'dataloader'
import type { InboxState, SeatKey } from './inbox.js'
import type { InboxStore } from './inbox-store.js'

const MAX_BATCH_SIZE = 1_000

/**
 * Reads for all listeners of a node: what is due for them at the same moment is one statement, and what becomes due while
 * one is under way waits for it. Nothing that was read is kept.
 */
export class InboxReader {
  readonly #loader: DataLoader<SeatKey, InboxState | null, unknown>
  #lastReading: Promise<unknown> = Promise.resolve()

  constructor(store: Pick<InboxStore, 'read'>) {
    const read = (seats: readonly SeatKey[]) => {
      const reading = store.read(seats)
      this.#lastReading = reading.catch(() => {})
      return reading
    }
    this.#loader = new DataLoader(read, {
      cache: false,
      maxBatchSize: MAX_BATCH_SIZE,
      batchScheduleFn: (dispatch) => void this.#lastReading.then(() => setImmediate(dispatch)),
    })
  }

  /** How these transactions of a user stand at this moment, in their order; null where the user has no seat. */
  read(userKey: string, transactionKeys: readonly string[]): Promise<(InboxState | null)[]> {
    return Promise.all(transactionKeys.map((transactionKey) => this.#loader.load({ userKey, transactionKey })))
  }
}
