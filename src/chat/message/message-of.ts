import { ConflictError, NotFoundError } from '../../errors.js'
import type { Message } from '../../generated/prisma/client.js'
import type { SendOutcome } from './send-statement.js'

/**
 * The message that a send came to: the new one, or the first that was sent under its `clientMessageId`.
 *
 * @throws {NotFoundError} @throws {ConflictError} when something else was sent under it.
 */
export function messageOf(outcome: SendOutcome): Message {
  switch (outcome.kind) {
    case 'SENT':
    case 'DUPLICATE':
      return outcome.message
    case 'NOT_FOUND':
      throw new NotFoundError('transaction', 'transactionId')
    case 'CONFLICT':
      throw new ConflictError(
        'Another message was sent with this `clientMessageId` before: take a new one for a new message.',
        { field: 'clientMessageId' },
      )
  }
}
