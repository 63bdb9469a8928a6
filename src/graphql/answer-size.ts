import type { Limits } from '../config/limits.js'
import { OperationTooComplexError } from '../errors.js'

export type AnswerLimits = Pick<Limits, 'maxAnswerBytes' | 'maxAnswerItems'>

/**
 * How much an answer holds: of what people wrote, in bytes, and of the items of plain lists. The cost of a document is known
 * before that: it counts fields, however long what they show is, and each plain list as if it had five items. So this is
 * counted while it is read, and when it is too much, nothing more is read.
 */
export class AnswerSize {
  readonly #limits: AnswerLimits
  #bytes = 0
  #items = 0

  constructor(limits: AnswerLimits) {
    this.#limits = limits
  }

  /** Whether the answer can't be given: a refusal takes its place. */
  get isTooLarge(): boolean {
    return this.#bytes > this.#limits.maxAnswerBytes || this.#hasTooManyItems
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

  /** @param isDone whether what was asked for has been done all the same, as a mutation has. */
  refusal({ isDone = false } = {}): OperationTooComplexError {
    const { maxAnswerBytes, maxAnswerItems } = this.#limits
    return new OperationTooComplexError(
      `${isDone ? 'It was done, but the' : 'The'} answer would hold too much: ask for smaller pages, or for less in one operation.`,
      this.#hasTooManyItems ? maxAnswerItems : maxAnswerBytes,
    )
  }

  get #hasTooManyItems(): boolean {
    return this.#items > this.#limits.maxAnswerItems
  }
}
