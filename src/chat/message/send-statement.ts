import { ConflictError, NotFoundError } from '../../errors.js'
import type { MessageWithSender } from '../../events/topics.js'
import type { MessageType, UserStatus } from '../../generated/prisma/client.js'
import type { Statement } from '../../platform/database.js'
import type { Send } from './message.js'

/**
 * The call of the database function `send_messages`: a migration has it, and says what it promises. Besides, the last that
 * is stored of each transaction says who has a seat there: as it was before the locks, so it may be a moment old.
 */
export const SEND_MESSAGES: Statement = {
  name: 'send_messages',
  text: `
    SELECT sent.*, CASE
      WHEN sent.outcome = 'SENT' AND lead(sent.ordinal) OVER (PARTITION BY sent.outcome, sent."transactionKey" ORDER BY sent.ordinal) IS NULL
      THEN ARRAY(
        SELECT seat."userKey"::text FROM "Participant" seat
        WHERE seat."transactionKey" = sent."transactionKey" AND seat."leftAt" IS NULL
      )
    END AS "seatedKeys"
    FROM send_messages($1::uuid[], $2::text[], $3::text[], $4::"MessageType"[], $5::text[], $6::uuid[], $7::text[], $8::int, $9::text[])
      WITH ORDINALITY AS sent(
        outcome, id, "transactionKey", "sequence", "position", "version", "type", "senderKey", content, "replyToId",
        "clientMessageId", "createdAt", "editedAt", "deletedAt", "senderDisplayName", "senderAvatarUrl", "senderStatus",
        "senderLastSeenAt", ordinal
      )
    ORDER BY sent.ordinal`,
}

/** How a batch gets the locks of its transactions. */
export interface Locking {
  /** How long it waits for each; 0: it takes those that are free, and waits for none. */
  readonly patienceMs: number
  /** The keys of those that another batch waits for, whose sends come first: they are not taken, free or not. */
  readonly awaited: readonly string[]
}

export function sendValues(sends: readonly Send[], locking: Locking): unknown[] {
  return [
    sends.map((send) => send.messageId),
    sends.map((send) => send.transactionKey),
    sends.map((send) => send.senderKey),
    sends.map((send) => send.type),
    sends.map((send) => send.content),
    sends.map((send) => send.replyToId),
    sends.map((send) => send.clientMessageId),
    locking.patienceMs,
    locking.awaited,
  ]
}

interface MessageColumns {
  readonly id: string
  readonly transactionKey: string
  readonly sequence: number
  readonly position: number
  readonly version: number
  readonly type: MessageType
  readonly senderKey: string | null
  readonly content: string | null
  readonly replyToId: string | null
  readonly clientMessageId: string | null
  readonly createdAt: Date
  readonly editedAt: Date | null
  readonly deletedAt: Date | null
  readonly senderDisplayName: string
  readonly senderAvatarUrl: string | null
  readonly senderStatus: UserStatus
  readonly senderLastSeenAt: Date | null
  /** Of the last that is stored in its transaction; null of the others. */
  readonly seatedKeys: readonly string[] | null
  /** The place in the batch. */
  readonly ordinal: string
}

/** A row of the function's answer. */
export type SendRow =
  | ({ readonly outcome: 'SENT' | 'DUPLICATE' } & MessageColumns)
  | { readonly outcome: 'CONFLICT' | 'NOT_FOUND' | 'LOCKED' }

/** What became of one send. */
export type SendOutcome =
  | Sent
  | { readonly kind: 'DUPLICATE'; readonly message: MessageWithSender }
  | { readonly kind: 'CONFLICT' | 'NOT_FOUND' }

/**
 * The message that a send came to: the new one, or the first that was sent under its `clientMessageId`.
 *
 * @throws {NotFoundError} @throws {ConflictError} when something else was sent under it.
 */
export function messageOf(outcome: SendOutcome): MessageWithSender {
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

/** A message that is new, and committed. */
export interface Sent {
  readonly kind: 'SENT'
  readonly message: MessageWithSender
  /** Who takes part in its transaction, with the last of the commit in it; empty with the others, or where it isn't known. */
  readonly seatedKeys: readonly string[]
}

/** The same, or that it couldn't be stored yet: somebody else has its transaction locked. */
export type SendAnswer = SendOutcome | { readonly kind: 'LOCKED' }

export function sendAnswer(row: SendRow): SendAnswer {
  if (row.outcome !== 'SENT' && row.outcome !== 'DUPLICATE') return { kind: row.outcome }
  const {
    outcome,
    senderDisplayName,
    senderAvatarUrl,
    senderStatus,
    senderLastSeenAt,
    seatedKeys,
    ordinal,
    ...columns
  } = row
  const sender =
    columns.senderKey === null
      ? null
      : {
          key: columns.senderKey,
          displayName: senderDisplayName,
          avatarUrl: senderAvatarUrl,
          status: senderStatus,
          lastSeenAt: senderLastSeenAt,
        }
  const message = { ...columns, sender }
  return outcome === 'SENT' ? { kind: outcome, message, seatedKeys: seatedKeys ?? [] } : { kind: outcome, message }
}
