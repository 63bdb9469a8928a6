import pLimit, { type LimitFunction } from 'p-limit'
import { OperationTooComplexError } from '../errors.js'

/** How many pages of one operation are read at once: the connections of the pool are for all. */
const READS_AT_ONCE = 2
/** How many rows that hold what people wrote are read in one go, of however many lists they are. */
const ROWS_IN_ONE_READ = 500

/**
 * How much an answer holds of what people wrote. The cost of a document counts fields, however long what they show is; so
 * that is counted while it is read, and when it is too much, nothing more is read.
 */
export class AnswerSize {
  readonly #maxBytes: number
  #bytes = 0
  #inTurn: LimitFunction | undefined

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** Whether the answer can't be given: a refusal takes its place. */
  get isTooLarge(): boolean {
    return this.#bytes > this.#maxBytes
  }

  /** Counts a text of the answer; null when that is too large already. */
  take(text: string | null): string | null {
    if (text === null || this.isTooLarge) return null
    this.#bytes += Buffer.byteLength(text)
    return text
  }

  /** Reads a page when its turn comes. @throws {OperationTooComplexError} when the answer is too large by then. */
  read<Result>(work: () => Promise<Result>): Promise<Result> {
    this.#inTurn ??= pLimit(READS_AT_ONCE)
    return this.#inTurn(() => {
      if (this.isTooLarge) throw this.refusal()
      return work()
    })
  }

  refusal(): OperationTooComplexError {
    return new OperationTooComplexError(
      'The answer would hold too much: ask for smaller pages, or for less in one operation.',
      this.#maxBytes,
    )
  }
}

/** Of how many lists the pages are read in one go. */
export function listsInOneRead(pageSize: number): number {
  return Math.max(1, Math.floor(ROWS_IN_ONE_READ / Math.max(1, pageSize)))
}
