import { BadUserInputError } from '../../errors.js'
import { isKey } from '../text.js'

/**
 * A cursor of a transaction stands for a position of its timeline, and for nothing else: each connection and
 * subscription of the transaction takes any of them. Position 0 is the beginning, before the first entry.
 */
export function encodeCursor(transactionKey: string, position: number): string {
  return Buffer.from(`${position}.${transactionKey}`, 'latin1').toString('base64url')
}

/** What a client gets whose cursor is beyond the timeline's end. */
export function cursorAhead(field: string): BadUserInputError {
  return new BadUserInputError(`\`${field}\` is ahead of the timeline: read the transaction anew.`, { field })
}

/** Where a cursor may point: into this transaction, and not beyond what is there. */
export interface CursorScope {
  readonly transactionKey: string
  /** The newest position there is. */
  readonly head: number
}

/**
 * The position that a cursor stands for.
 *
 * @throws {BadUserInputError} when it is made up, another transaction's, or ahead of the timeline. The last means that
 * the database was put back to an earlier state: the client must read anew.
 */
export function decodeCursor(cursor: string, field: string, { transactionKey, head }: CursorScope): number {
  const decoded = parse(cursor)
  if (!decoded)
    throw new BadUserInputError(
      `\`${field}\` is not a cursor: take one from an edge, from \`pageInfo\` or from \`timelineCursor\`.`,
      { field },
    )
  if (decoded.transactionKey !== transactionKey) {
    throw new BadUserInputError(`\`${field}\` is a cursor of another transaction.`, { field })
  }
  if (decoded.position > head) throw cursorAhead(field)
  return decoded.position
}

function parse(cursor: string): { transactionKey: string; position: number } | null {
  const [, digits, transactionKey] =
    /^(0|[1-9]\d{0,9})\.(.+)$/.exec(Buffer.from(cursor, 'base64url').toString('latin1')) ?? []
  if (digits === undefined || transactionKey === undefined || !isKey(transactionKey)) return null
  const position = Number(digits)
  // Base64 has several spellings of the same bytes; only ours is one.
  return encodeCursor(transactionKey, position) === cursor ? { transactionKey, position } : null
}
