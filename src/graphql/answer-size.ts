import { OperationTooComplexError } from '../errors.js'

/**
 * How much an answer holds of what people wrote. The cost of a document counts fields, however long what they show is; so
 * that is counted while it is read, and when it is too much, nothing more is read.
 */
export class AnswerSize {
  readonly #maxBytes: number
  #bytes = 0

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

  refusal(): OperationTooComplexError {
    return new OperationTooComplexError(
      'The answer would hold too much: ask for smaller pages, or for less in one operation.',
      this.#maxBytes,
    )
  }
}
