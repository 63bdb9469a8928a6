import { BadUserInputError } from '../../errors.js'
import type { MessageType } from '../../generated/prisma/client.js'
import { checkIdempotencyKey, checkText, type TextLimits } from '../text.js'

export interface MessageFilter {
  readonly types?: readonly MessageType[] | null | undefined
  readonly senderKey?: string | null | undefined
  /** Inclusive. */
  readonly sentAfter?: Date | null | undefined
  /** Exclusive. */
  readonly sentBefore?: Date | null | undefined
}

/** A message as its sender gave it. */
export interface SendInput {
  readonly transactionKey: string
  /** Required: only a message with attachments could do without. */
  readonly content?: string | null | undefined
  readonly replyToId?: string | null | undefined
  readonly clientMessageId?: string | null | undefined
}

/** What the platform says in a transaction, to all its participants. */
export type SystemMessageInput = Omit<SendInput, 'replyToId'>

/** A send that passed every check that needs no lock; it is stored under `messageId` if it is new. */
export interface Send {
  readonly messageId: string
  readonly transactionKey: string
  /** Null: the platform. */
  readonly senderKey: string | null
  readonly type: MessageType
  readonly content: string
  readonly replyToId: string | null
  readonly clientMessageId: string | null
}

/** @throws {BadUserInputError} naming the first field at fault. */
export function checkSendInput(
  input: Pick<SendInput, 'content' | 'clientMessageId'>,
  { maxContentLength, maxClientMessageIdLength }: TextLimits,
): Pick<Send, 'content' | 'clientMessageId'> {
  if (input.content == null) throw new BadUserInputError('`content` is required.', { field: 'content' })
  return {
    content: checkText(input.content, { field: 'content', maxLength: maxContentLength }),
    clientMessageId: checkIdempotencyKey(input.clientMessageId, {
      field: 'clientMessageId',
      maxLength: maxClientMessageIdLength,
    }),
  }
}

/** Whether two sends under one clientMessageId are the same message sent twice. */
export function isSameMessage(one: Send, other: Send): boolean {
  return one.content === other.content && one.type === other.type && one.replyToId === other.replyToId
}
