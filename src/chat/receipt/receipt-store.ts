import type { Participant, Transaction } from '../../generated/prisma/client.js'
import type { Database } from '../../platform/database.js'

export class ReceiptStore {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  /**
   * Moves a participant's read position forward to a sequence, never back; nor does its instant go back with the clock.
   *
   * @returns null when the user takes no part in the transaction.
   */
  async markRead(
    transactionKey: string,
    userKey: string,
    sequence: number,
  ): Promise<(Participant & { transaction: Transaction }) | null> {
    const { prisma } = this.#database
    await prisma.$executeRaw`
      UPDATE "Participant" SET
        "lastReadAt" = CASE WHEN "lastReadSequence" < ${sequence}
          THEN greatest(date_trunc('milliseconds', clock_timestamp()), "lastReadAt") ELSE "lastReadAt" END,
        "lastReadSequence" = greatest("lastReadSequence", ${sequence}),
        "unreadFromSequence" = greatest("unreadFromSequence", ${sequence})
      WHERE "transactionKey" = ${transactionKey} AND "userKey" = ${userKey} AND "leftAt" IS NULL
        AND ("lastReadSequence" < ${sequence} OR "unreadFromSequence" < ${sequence})`
    return prisma.participant.findFirst({
      where: { transactionKey, userKey, leftAt: null },
      include: { transaction: true },
    })
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
