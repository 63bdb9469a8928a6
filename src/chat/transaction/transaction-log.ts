import type { ParticipantRole, Prisma, Transaction, TransactionStatus } from '../../generated/prisma/client.js'

/** What an entry remembers, by its kind: what was said or done at the time, whatever became of it later. */
export interface TimelineEntryData {
  readonly MESSAGE_SENT: { readonly content: string | null }
  readonly MESSAGE_EDITED: { readonly content: string }
  readonly MESSAGE_DELETED: Record<string, never>
  readonly STATUS_CHANGED: {
    readonly previousStatus: TransactionStatus | null
    readonly status: TransactionStatus
    readonly message: string | null
  }
  readonly PARTICIPANT_JOINED: { readonly role: ParticipantRole }
  /** With `staysAs` the person didn't leave: they joined again, in that role, in the same commit. */
  readonly PARTICIPANT_LEFT: { readonly role: ParticipantRole; readonly staysAs?: ParticipantRole }
}

interface About {
  readonly MESSAGE_SENT: { readonly messageId: string }
  readonly MESSAGE_EDITED: { readonly messageId: string }
  readonly MESSAGE_DELETED: { readonly messageId: string }
  readonly STATUS_CHANGED: unknown
  readonly PARTICIPANT_JOINED: { readonly userKey: string }
  readonly PARTICIPANT_LEFT: { readonly userKey: string }
}

/** An entry that is about to be written: of which kind, about whom or what, done by whom (null: the platform). */
export type NewTimelineEntry = {
  [Kind in keyof TimelineEntryData]: {
    readonly kind: Kind
    readonly actorKey: string | null
    readonly data: TimelineEntryData[Kind]
  } & About[Kind]
}[keyof TimelineEntryData]

/** A transaction whose row is locked, so that nobody else changes anything of it before we commit. */
export interface LockedTransaction {
  readonly transaction: Transaction
  /** The instant at which everything in this commit happens. Never earlier than what happened here before. */
  readonly now: Date
}

/**
 * Locks a transaction for change; null when there is none. Whoever changes a timeline holds this lock until the commit:
 * that is what makes position order commit order. Lock order everywhere: Transaction, then Participant.
 */
export async function lockTransaction(
  tx: Prisma.TransactionClient,
  transactionKey: string,
): Promise<LockedTransaction | null> {
  await tx.$queryRaw`SELECT 1 FROM "Transaction" WHERE "key" = ${transactionKey} FOR NO KEY UPDATE`
  // A statement of its own: what it reads, and its clock, are from after the wait for the lock.
  const [row] = await tx.$queryRaw<(Transaction & { now: Date })[]>`
    SELECT *, greatest(date_trunc('milliseconds', clock_timestamp()), "lastActivityAt") AS "now"
    FROM "Transaction" WHERE "key" = ${transactionKey}`
  if (!row) return null
  const { now, ...transaction } = row
  return { transaction, now }
}

/** Who has a seat in a transaction at present. Once it is locked, nobody comes or goes before our commit. */
export async function seatedKeysIn(tx: Prisma.TransactionClient, transactionKey: string): Promise<string[]> {
  const seats = await tx.participant.findMany({ where: { transactionKey, leftAt: null }, select: { userKey: true } })
  return seats.map(({ userKey }) => userKey)
}

/**
 * Adds entries at the end of a locked transaction's timeline, and makes `change` to its row besides.
 *
 * @returns the row as it is after this commit.
 */
export async function appendToTimeline(
  tx: Prisma.TransactionClient,
  { transaction, now }: LockedTransaction,
  entries: readonly NewTimelineEntry[],
  change: Prisma.TransactionUncheckedUpdateInput = {},
): Promise<Transaction> {
  await tx.timelineEntry.createMany({
    data: entries.map((entry, index) => ({
      ...entry,
      transactionKey: transaction.key,
      position: transaction.timelinePosition + 1 + index,
      occurredAt: now,
    })),
  })
  return tx.transaction.update({
    where: { key: transaction.key },
    data: { ...change, timelinePosition: transaction.timelinePosition + entries.length },
  })
}
