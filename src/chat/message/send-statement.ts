import type { MessageWithSender } from '../../events/topics.js'
import type { MessageType, UserStatus } from '../../generated/prisma/client.js'
import type { Statement } from '../../platform/database.js'
import type { Send } from './message.js'

/** The call of the database function `send_messages`: a migration has it, and says what it promises. */
export const SEND_MESSAGES: Statement = {
  name: 'send_messages',
  text: 'SELECT * FROM send_messages($1::uuid[], $2::text[], $3::text[], $4::"MessageType"[], $5::text[], $6::uuid[], $7::text[], $8::int, $9::text[])',
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
}

/** A row of the function's answer. */
export type SendRow =
  | ({ readonly outcome: 'SENT' | 'DUPLICATE' } & MessageColumns)
  | { readonly outcome: 'CONFLICT' | 'NOT_FOUND' | 'LOCKED' }

/** What became of one send. */
export type SendOutcome =
  | { readonly kind: 'SENT' | 'DUPLICATE'; readonly message: MessageWithSender }
  | { readonly kind: 'CONFLICT' | 'NOT_FOUND' }

/** The same, or that it couldn't be stored yet: somebody else has its transaction locked. */
export type SendAnswer = SendOutcome | { readonly kind: 'LOCKED' }

export function sendAnswer(row: SendRow): SendAnswer {
  if (row.outcome !== 'SENT' && row.outcome !== 'DUPLICATE') return { kind: row.outcome }
  const { outcome, senderDisplayName, senderAvatarUrl, senderStatus, senderLastSeenAt, ...message } = row
  const sender =
    message.senderKey === null
      ? null
      : {
          key: message.senderKey,
          displayName: senderDisplayName,
          avatarUrl: senderAvatarUrl,
          status: senderStatus,
          lastSeenAt: senderLastSeenAt,
        }
  return { kind: outcome, message: { ...message, sender } }
}
