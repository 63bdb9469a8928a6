import { OperationTooComplexError } from '../errors.js'

/** How many items the plain lists of an answer may have altogether. */
export const MAX_LISTED_ITEMS = 2_000

/**
 * How much an answer holds: of what people wrote, in bytes, and of the items of plain lists. The cost of a document is known
 * before that: it counts fields, however long what they show is, and each plain list as if it had five items. So this is
 * counted while it is read, and when it is too much, nothing more is read.
 */
export class AnswerSize {
  readonly #maxBytes: number
  #bytes = 0
  #items = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** Whether the answer can't be given: a refusal takes its place. */
  get isTooLarge(): boolean {
    return this.#bytes > this.#maxBytes || this.#items > MAX_LISTED_ITEMS
  }

  /** Counts a text of the answer; null when that is too large already. */
  take(text: string): string | null {
    if (this.isTooLarge) return null
    this.#bytes += Buffer.byteLength(text)
    return text
  }

  /** Counts the items of a list of the answer; none when that is too large by them. */
  takeItems<Item>(items: readonly Item[]): readonly Item[] {
    this.#items += items.length
    return this.isTooLarge ? [] : items
  }

  refusal(): OperationTooComplexError {
    return new OperationTooComplexError(
      'The answer would hold too much: ask for smaller pages, or for less in one operation.',
      this.#items > MAX_LISTED_ITEMS ? MAX_LISTED_ITEMS : this.#maxBytes,
    )
  }
}
