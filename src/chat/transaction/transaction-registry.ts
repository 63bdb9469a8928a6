import { uuidv7 } from 'uuidv7'
import { NotFoundError, RefusalError } from '../../errors.js'
import type { Prisma, Transaction } from '../../generated/prisma/client.js'
import type { Database } from '../../platform/database.js'
import type { StatusChangeInput, TransactionInput } from './transaction.js'
import {
  appendToTimeline,
  type LockedTransaction,
  lockTransaction,
  type NewTimelineEntry,
  seatedKeysIn,
} from './transaction-log.js'
import { seatParticipants } from './transaction-seats.js'

/** A transaction after a change. */
export interface Registered {
  readonly transaction: Transaction
  /** Whether its timeline got longer by it. */
  readonly hasNews: boolean
  /** Whether it is another partner's now than before. */
  readonly hasMoved: boolean
  /** Who takes part in it, and who left by it; nobody when nothing was changed. */
  readonly userKeys: readonly string[]
}

/** Writes what the platform says of its deals. Each call is one database transaction. */
export class TransactionRegistry {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  /**
   * Makes the transaction, or brings it to what the input says; the same again writes nothing.
   *
   * @throws {RefusalError} NOT_FOUND when a participant isn't registered.
   */
  upsert(input: TransactionInput): Promise<Registered> {
    return this.#database.atomically(async (tx) => {
      await requireUsers(tx, input)
      const isNew = await insertUnlessThere(tx, input)
      const locked = await lockTransaction(tx, input.key)
      if (!locked) throw new Error(`Transaction ${input.key} is gone right after it was inserted`)
      const seated = await seatParticipants(tx, locked, input.participants)
      const entries = isNew ? [firstStatus(input), ...seated] : seated
      const { title, partnerClientId = locked.transaction.partnerClientId } = input
      const isSame = title === locked.transaction.title && partnerClientId === locked.transaction.partnerClientId
      if (isSame && entries.length === 0) return unchanged(locked.transaction)
      const transaction = await appendToTimeline(tx, locked, entries, { title, partnerClientId })
      const hasMoved = partnerClientId !== locked.transaction.partnerClientId
      return { transaction, hasNews: entries.length > 0, hasMoved, userKeys: concernedBy(input, entries) }
    })
  }

  /**
   * Moves the transaction to a status, with a SYSTEM message after it when there is something to say. The status that it
   * has already, and an idempotency key that was used before, write nothing into the timeline. A key counts as used
   * also when there was nothing to change: a late repetition must not turn the status back.
   *
   * @throws {NotFoundError} when there is no such transaction.
   */
  changeStatus({ transactionKey, status, message, idempotencyKey }: StatusChangeInput): Promise<Registered> {
    return this.#database.atomically(async (tx) => {
      const locked = await lockTransaction(tx, transactionKey)
      if (!locked) throw new NotFoundError('transaction', 'transactionId')
      const { transaction, now } = locked
      const isFirst = await useKey(tx, locked, idempotencyKey)
      if (!isFirst || transaction.status === status) return unchanged(transaction)
      const changed: NewTimelineEntry = {
        kind: 'STATUS_CHANGED',
        actorKey: null,
        data: { previousStatus: transaction.status, status, message: message ?? null },
      }
      const said = message == null ? [] : [await say(tx, locked, message)]
      const after = await appendToTimeline(tx, locked, [changed, ...said], {
        status,
        statusChangedAt: now,
        lastActivityAt: now,
        messageCount: transaction.messageCount + said.length,
      })
      return { transaction: after, hasNews: true, hasMoved: false, userKeys: await seatedKeysIn(tx, transactionKey) }
    })
  }
}

function unchanged(transaction: Transaction): Registered {
  return { transaction, hasNews: false, hasMoved: false, userKeys: [] }
}

function firstStatus({ status }: TransactionInput): NewTimelineEntry {
  return { kind: 'STATUS_CHANGED', actorKey: null, data: { previousStatus: null, status, message: null } }
}

/** Those who take part from now on, and those who left by these entries. */
function concernedBy({ participants }: TransactionInput, entries: readonly NewTimelineEntry[]): string[] {
  const left = entries.flatMap((entry) => (entry.kind === 'PARTICIPANT_LEFT' ? [entry.userKey] : []))
  return [...new Set([...participants.map(({ userKey }) => userKey), ...left])]
}

async function requireUsers(tx: Prisma.TransactionClient, { participants }: TransactionInput): Promise<void> {
  const userKeys = participants.map(({ userKey }) => userKey)
  const users = await tx.user.findMany({ where: { key: { in: userKeys } }, select: { key: true } })
  const known = new Set(users.map(({ key }) => key))
  const unknown = userKeys.filter((userKey) => !known.has(userKey))
  if (unknown.length === 0) return
  const message = `\`participants\` names users who aren't registered (${unknown.join(', ')}): call \`upsertUser\` first.`
  throw new RefusalError('NOT_FOUND', message, { field: 'participants' })
}

async function insertUnlessThere(tx: Prisma.TransactionClient, input: TransactionInput): Promise<boolean> {
  // On conflict it waits for the other's commit, and then finds the row there.
  const inserted = await tx.$executeRaw`
    INSERT INTO "Transaction" ("key", "title", "status", "partnerClientId", "statusChangedAt", "createdAt", "lastActivityAt")
    SELECT ${input.key}, ${input.title}, ${input.status}::"TransactionStatus", ${input.partnerClientId ?? null}, now, now, now
    FROM date_trunc('milliseconds', clock_timestamp()) AS now
    ON CONFLICT DO NOTHING`
  return inserted === 1
}

/** Remembers that this key was used; false when it was used before. */
async function useKey(
  tx: Prisma.TransactionClient,
  { transaction, now }: LockedTransaction,
  idempotencyKey: string | null | undefined,
): Promise<boolean> {
  if (idempotencyKey == null) return true
  const { count } = await tx.statusChangeKey.createMany({
    data: { transactionKey: transaction.key, idempotencyKey, usedAt: now },
    skipDuplicates: true,
  })
  return count === 1
}

/** A message of the platform's, right after the entry that it goes with. */
async function say(
  tx: Prisma.TransactionClient,
  { transaction, now }: LockedTransaction,
  content: string,
): Promise<NewTimelineEntry> {
  const position = transaction.timelinePosition + 2
  const message = await tx.message.create({
    data: {
      id: uuidv7(),
      transactionKey: transaction.key,
      sequence: transaction.messageCount + 1,
      position,
      version: position,
      type: 'SYSTEM',
      content,
      createdAt: now,
    },
  })
  return { kind: 'MESSAGE_SENT', actorKey: null, messageId: message.id, data: { content } }
}
