import type { UserViewer, Viewer } from '../../auth/viewer.js'
import { NotFoundError } from '../../errors.js'
import type { EventBus } from '../../events/event-bus.js'
import { LatestValues } from '../../events/latest-values.js'
import type { SeatWithUser } from '../../events/topics.js'
import type { Message, Participant, Prisma, Transaction } from '../../generated/prisma/client.js'
import type { MessagePolicy } from '../message/message-policy.js'
import { PassingSubscription } from '../timeline/passing-subscription.js'
import type { TimelineService } from '../timeline/timeline-service.js'
import type { TransactionAccess } from '../transaction/transaction.js'
import { announce } from '../transaction/transaction-news.js'
import type { TransactionPolicy } from '../transaction/transaction-policy.js'
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
  readonly #timeline: TimelineService
  readonly #bus: EventBus

  constructor(parts: {
    receipts: ReceiptStore
    messagePolicy: MessagePolicy
    transactionPolicy: TransactionPolicy
    timeline: TimelineService
    bus: EventBus
  }) {
    this.#receipts = parts.receipts
    this.#messagePolicy = parts.messagePolicy
    this.#transactionPolicy = parts.transactionPolicy
    this.#timeline = parts.timeline
    this.#bus = parts.bus
  }

  /**
   * Says that the viewer has read a transaction up to a message. The position never moves back; where it moves, whoever
   * listens is told.
   *
   * @throws {NotFoundError} @throws {BadUserInputError} when it is a message of another transaction.
   */
  async markRead(
    reader: UserViewer,
    transactionKey: string,
    messageId: string,
  ): Promise<Participant & { transaction: Transaction }> {
    const message = await this.#messagePolicy.requireVisibleIn(reader, transactionKey, messageId, 'upToMessageId')
    const marked = await this.#receipts.markRead(transactionKey, reader.user.key, message.sequence)
    if (!marked) throw new NotFoundError('transaction', 'transactionId')
    const { transaction: _, ...participant } = marked.seat
    if (marked.hasMoved) {
      this.#bus.publish('messagesRead', transactionKey, { participant })
      announce(this.#bus, { transactionKey, advanced: null, userKeys: [reader.user.key] })
    }
    return marked.seat
  }

  /**
   * Tells of each participant who has read further, from when this call returned: the latest position counts, and none is
   * followed by a lower one. It ends with NOT_FOUND when the viewer loses access.
   *
   * @throws {NotFoundError} when there is no such transaction or the viewer may not see it.
   */
  async follow(viewer: Viewer, transactionKey: string): Promise<PassingSubscription<SeatWithUser>> {
    const timeline = await this.#timeline.follow(viewer, transactionKey, { kinds: [] })
    const values = new LatestValues<string, SeatWithUser>()
    /** By participant. What comes late is older than what was told. */
    const told = new Map<string, number>()
    const release = await this.#bus.subscribe('messagesRead', transactionKey, ({ participant }) => {
      if (participant.lastReadSequence <= (told.get(participant.id) ?? 0)) return
      told.set(participant.id, participant.lastReadSequence)
      values.set(participant.id, participant)
    })
    return new PassingSubscription({ values, timeline, release })
  }

  /**
   * Who has read each of these messages: the participants of the moment but for its sender, in the order in which they
   * joined. The caller has made sure that the viewer may see the messages.
   */
  readersOf(messages: readonly Message[], include?: Prisma.ParticipantInclude): Promise<Participant[][]> {
    return this.#receipts.readersOf(messages, include)
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
