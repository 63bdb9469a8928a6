import { isClientId, MAX_CLIENT_ID_LENGTH } from '../../auth/viewer.js'
import { BadUserInputError } from '../../errors.js'
import type { Participant, ParticipantRole, Transaction, TransactionStatus } from '../../generated/prisma/client.js'
import { checkIdempotencyKey, checkKey, checkText, type TextLimits } from '../text.js'

const MAX_TITLE_LENGTH = 200
/** Each message is delivered to each of them, and a list counts as five in the cost of a document: so not many more. */
const MAX_PARTICIPANTS = 50

/** Which transactions a viewer may see: those they have a seat in, those of their client, or all. */
export type TransactionScope = { readonly participantKey: string } | { readonly partnerClientId: string } | 'ALL'

/** How many transactions a page has when the caller doesn't say. */
export const TRANSACTIONS_PER_PAGE = 20

/** How much of a transaction a viewer sees: everyone reads along, and two kinds see what was deleted as well. */
export type Visibility = 'PARTICIPANT' | 'ARBITER' | 'PARTNER' | 'PLATFORM'

/** What a viewer has of a transaction that they may see. All of it was read at one moment. */
export interface TransactionAccess {
  readonly transaction: Transaction
  /** The viewer's own seat; null for a partner or the platform. */
  readonly seat: Participant | null
  readonly visibility: Visibility
}

/** Whether this much visibility includes what was deleted. */
export function seesDeletedContent(visibility: Visibility): boolean {
  return visibility === 'ARBITER' || visibility === 'PLATFORM'
}

/** How the list of transactions is ordered: by activity, then key, the latest first. */
export interface TransactionBound {
  readonly lastActivityAt: Date
  readonly key: string
}

export interface TransactionFilter {
  readonly statuses?: readonly TransactionStatus[] | null | undefined
  /** Only those with unread messages, or only those without. */
  readonly unread?: boolean | null | undefined
}

/** What the platform says of a deal. What is left out stays as it is; a null partnerClientId clears it. */
export interface TransactionInput {
  readonly key: string
  readonly title: string
  /** Of a new transaction only. */
  readonly status: TransactionStatus
  readonly partnerClientId?: string | null | undefined
  /** All who take part from now on. */
  readonly participants: readonly { readonly userKey: string; readonly role: ParticipantRole }[]
}

/** @throws {BadUserInputError} naming the first field at fault. */
export function checkTransactionInput(input: TransactionInput): TransactionInput {
  checkKey(input.key, 'key')
  checkText(input.title, { field: 'title', maxLength: MAX_TITLE_LENGTH, isLine: true })
  if (input.partnerClientId != null && !isClientId(input.partnerClientId)) {
    throw new BadUserInputError(`\`partnerClientId\` must be 1 to ${MAX_CLIENT_ID_LENGTH} printable characters.`, {
      field: 'partnerClientId',
      limit: MAX_CLIENT_ID_LENGTH,
    })
  }
  if (input.participants.length === 0) {
    throw new BadUserInputError('`participants` must name at least one person.', { field: 'participants' })
  }
  if (input.participants.length > MAX_PARTICIPANTS) {
    const given = input.participants.length
    throw new BadUserInputError(`\`participants\` names ${given} people, at most ${MAX_PARTICIPANTS} are allowed.`, {
      field: 'participants',
      limit: MAX_PARTICIPANTS,
    })
  }
  const userKeys = input.participants.map(({ userKey }) => userKey)
  const twice = userKeys.find((userKey, index) => userKeys.indexOf(userKey) !== index)
  if (twice !== undefined) {
    throw new BadUserInputError(`\`participants\` names the user ${twice} twice: a person has one role.`, {
      field: 'participants',
    })
  }
  return input
}

export interface StatusChangeInput {
  readonly transactionKey: string
  readonly status: TransactionStatus
  /** Shown to the participants beside the new status, as a SYSTEM message. */
  readonly message?: string | null | undefined
  /** The same key again changes nothing. */
  readonly idempotencyKey?: string | null | undefined
}

/** @throws {BadUserInputError} naming the first field at fault. */
export function checkStatusChangeInput(
  input: StatusChangeInput,
  { maxContentLength, maxClientMessageIdLength }: TextLimits,
): StatusChangeInput {
  if (input.message != null) checkText(input.message, { field: 'message', maxLength: maxContentLength })
  checkIdempotencyKey(input.idempotencyKey, { field: 'idempotencyKey', maxLength: maxClientMessageIdLength })
  return input
}
