import type { SeatWithUser } from '../../events/topics.js'
import type { Message, Participant, Prisma, Transaction } from '../../generated/prisma/client.js'
import type { Database } from '../../platform/database.js'

/** A reader's seat as it is now, and whether the read position was moved just now. */
export interface Marked {
  readonly seat: SeatWithUser & { readonly transaction: Transaction }
  readonly hasMoved: boolean
}

export class ReceiptStore {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  /**
   * Moves a participant's read position forward to a sequence, never back; nor does its instant go back with the clock.
   * What counts as read for the participants themselves is never behind it.
   *
   * @returns null when the user takes no part in the transaction.
   */
  async markRead(transactionKey: string, userKey: string, sequence: number): Promise<Marked | null> {
    const { prisma } = this.#database
    const movedCount = await prisma.$executeRaw`
      UPDATE "Participant" SET
        "lastReadAt" = greatest(date_trunc('milliseconds', clock_timestamp()), "lastReadAt"),
        "lastReadSequence" = ${sequence},
        "unreadFromSequence" = greatest("unreadFromSequence", ${sequence})
      WHERE "transactionKey" = ${transactionKey} AND "userKey" = ${userKey} AND "leftAt" IS NULL
        AND "lastReadSequence" < ${sequence}`
    const seat = await prisma.participant.findFirst({
      where: { transactionKey, userKey, leftAt: null },
      include: { transaction: true, user: true },
    })
    return seat && { seat, hasMoved: movedCount > 0 }
  }

  /** Of each of these messages who has read it, in their order and in one statement; each list in the order of joining. */
  async readersOf(messages: readonly Message[], include?: Prisma.ParticipantInclude): Promise<Participant[][]> {
    const transactionKeys = [...new Set(messages.map(({ transactionKey }) => transactionKey))]
    const seats = await this.#database.prisma.participant.findMany({
      where: { transactionKey: { in: transactionKeys }, leftAt: null, lastReadSequence: { gt: 0 } },
      orderBy: [{ joinedAt: 'asc' }, { id: 'asc' }],
      ...(include && { include }),
    })
    return messages.map(({ transactionKey, sequence, senderKey }) =>
      seats.filter(
        (seat) =>
          seat.transactionKey === transactionKey && seat.lastReadSequence >= sequence && seat.userKey !== senderKey,
      ),
    )
  }

  /** How many messages are unread in all transactions in which the user has a seat at present. */
  async unreadCount(userKey: string): Promise<number> {
    const [row] = await this.#database.prisma.$queryRaw<{ unread: number }[]>`
      SELECT coalesce(sum(t."messageCount" - p."unreadFromSequence"), 0)::int AS "unread"
      FROM "Participant" p JOIN "Transaction" t ON t."key" = p."transactionKey"
      WHERE p."userKey" = ${userKey} AND p."leftAt" IS NULL`
    return row?.unread ?? 0
  }
}
