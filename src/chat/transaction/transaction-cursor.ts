import { BadUserInputError } from '../../errors.js'
import { isKey } from '../text.js'
import type { TransactionBound } from './transaction.js'

/** A place in the list of transactions: the last activity and the key of the one that stands there. */
export function encodeTransactionCursor({ lastActivityAt, key }: TransactionBound): string {
  return Buffer.from(`at${lastActivityAt.getTime()}.${key}`, 'latin1').toString('base64url')
}

/** @throws {BadUserInputError} when it is made up. */
export function decodeTransactionCursor(cursor: string, field: string): TransactionBound {
  const [, digits, key] = /^at(\d{1,15})\.(.+)$/.exec(Buffer.from(cursor, 'base64url').toString('latin1')) ?? []
  if (digits !== undefined && key !== undefined && isKey(key)) {
    const bound = { lastActivityAt: new Date(Number(digits)), key }
    // Base64 has several spellings of the same bytes; only ours is one.
    if (encodeTransactionCursor(bound) === cursor) return bound
  }
  throw new BadUserInputError(
    `\`${field}\` is not a cursor of this list: take one from its edges or its \`pageInfo\`.`,
    { field },
  )
}
