import type { MessageWithSender } from '../../events/topics.js'
import type { MessageType, UserStatus } from '../../generated/prisma/client.js'
import type { Statement } from '../../platform/database.js'
import type { Send } from './message.js'

/** The call of the database function `send_messages`: a migration has it, and says what it promises. */
export const SEND_MESSAGES: Statement = {
  name: 'send_messages',
  text: 'SELECT * FROM send_messages($1::uuid[], $2::text[], $3::text[], $4::"MessageType"[], $5::text[], $6::uuid[], $7::text[])',
}

export function sendValues(sends: readonly Send[]): unknown[] {
  return [
    sends.map((send) => send.messageId),
    sends.map((send) => send.transactionKey),
    sends.map((send) => send.senderKey),
    sends.map((send) => send.type),
    sends.map((send) => send.content),
    sends.map((send) => send.replyToId),
    sends.map((send) => send.clientMessageId),
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
  | ({ readonly outcome: 'SENT' } & MessageColumns)
  | ({ readonly outcome: 'DUPLICATE' } & MessageColumns)
  | { readonly outcome: 'CONFLICT' }
  | { readonly outcome: 'NOT_FOUND' }

/** What became of one send. */
export type SendOutcome =
  | { readonly kind: 'SENT' | 'DUPLICATE'; readonly message: MessageWithSender }
  | { readonly kind: 'CONFLICT' | 'NOT_FOUND' }

export function sendOutcome(row: SendRow): SendOutcome {
  if (row.outcome === 'CONFLICT' || row.outcome === 'NOT_FOUND') return { kind: row.outcome }
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
