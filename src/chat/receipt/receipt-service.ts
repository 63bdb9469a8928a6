import type { Viewer } from '../../auth/viewer.js'
import { NotFoundError } from '../../errors.js'
import type { EventBus } from '../../events/event-bus.js'
import type { Participant, Transaction } from '../../generated/prisma/client.js'
import type { MessagePolicy } from '../message/message-policy.js'
import type { TransactionAccess } from '../transaction/transaction.js'
import { announce } from '../transaction/transaction-news.js'
import type { TransactionPolicy } from '../transaction/transaction-policy.js'
import { requireUser } from '../user/user-policy.js'
import type { ReceiptStore } from './receipt-store.js'

/** How many messages of a transaction the viewer hasn't seen; 0 for whoever has no seat. */
export function unreadCountOf({ transaction, seat }: TransactionAccess): number {
  return seat === null ? 0 : transaction.messageCount - seat.unreadFromSequence
}

/** What has been read, and what hasn't. */
export class ReceiptService {
  readonly #receipts: ReceiptStore
  readonly #messagePolicy: MessagePolicy
  readonly #transactionPolicy: TransactionPolicy
  readonly #bus: EventBus

  constructor(parts: {
    receipts: ReceiptStore
    messagePolicy: MessagePolicy
    transactionPolicy: TransactionPolicy
    bus: EventBus
  }) {
    this.#receipts = parts.receipts
    this.#messagePolicy = parts.messagePolicy
    this.#transactionPolicy = parts.transactionPolicy
    this.#bus = parts.bus
  }

  /**
   * Says that the viewer has read a transaction up to a message. The position never moves back.
   *
   * @throws {NotFoundError} @throws {ForbiddenError} to partners and the platform.
   * @throws {BadUserInputError} when it is a message of another transaction.
   */
  async markRead(
    viewer: Viewer,
    transactionKey: string,
    messageId: string,
  ): Promise<Participant & { transaction: Transaction }> {
    const reader = requireUser(viewer)
    const message = await this.#messagePolicy.requireVisibleIn(reader, transactionKey, messageId, 'upToMessageId')
    const marked = await this.#receipts.markRead(transactionKey, reader.user.key, message.sequence)
    if (!marked) throw new NotFoundError('transaction', 'transactionId')
    announce(this.#bus, { transactionKey, advanced: null, userKeys: [reader.user.key] })
    return marked
  }

  /**
   * Unread messages of one transaction, or of all of the viewer's.
   *
   * @throws {NotFoundError} when there is no such transaction or the viewer may not see it.
   */
  async unreadCount(viewer: Viewer, transactionKey: string | null): Promise<number> {
    if (transactionKey !== null)
      return unreadCountOf(await this.#transactionPolicy.requireAccess(viewer, transactionKey))
    return viewer.kind === 'USER' ? this.#receipts.unreadCount(viewer.user.key) : 0
  }
}
