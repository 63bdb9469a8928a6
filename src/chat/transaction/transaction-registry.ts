import { uuidv7 } from 'uuidv7'
import { NotFoundError } from '../../errors.js'
import type { Participant, Prisma, Transaction } from '../../generated/prisma/client.js'
import type { Database } from '../../platform/database.js'
import type { StatusChangeInput, TransactionInput } from './transaction.js'
import {
  appendToTimeline,
  type LockedTransaction,
  lockTransaction,
  type NewTimelineEntry,
  seatedKeysIn,
} from './transaction-log.js'

/** A transaction after a change. */
export interface Registered {
  readonly transaction: Transaction
  /** Whether its timeline got longer by it. */
  readonly hasNews: boolean
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
   * @throws {NotFoundError} when a participant is nobody we know.
   */
  upsert(input: TransactionInput): Promise<Registered> {
    return this.#database.prisma.$transaction(async (tx) => {
      await requireUsers(tx, input)
      const isNew = await insertUnlessThere(tx, input)
      const locked = await lockTransaction(tx, input.key)
      if (!locked) throw new Error(`Transaction ${input.key} is gone right after it was inserted`)
      const entries: NewTimelineEntry[] = isNew
        ? [
            {
              kind: 'STATUS_CHANGED',
              actorKey: null,
              data: { previousStatus: null, status: input.status, message: null },
            },
          ]
        : []
      entries.push(...(await seat(tx, locked, input.participants)))
      const { title, partnerClientId = locked.transaction.partnerClientId } = input
      const isSame = title === locked.transaction.title && partnerClientId === locked.transaction.partnerClientId
      if (isSame && entries.length === 0) return { transaction: locked.transaction, hasNews: false, userKeys: [] }
      const transaction = await appendToTimeline(tx, locked, entries, { title, partnerClientId })
      return { transaction, hasNews: entries.length > 0, userKeys: concernedBy(input, entries) }
    })
  }

  /**
   * Moves the transaction to a status, with a SYSTEM message after it when there is something to say. The status that it
   * has already, and an idempotency key that was used before, write nothing.
   *
   * @throws {NotFoundError} when there is no such transaction.
   */
  changeStatus({ transactionKey, status, message, idempotencyKey }: StatusChangeInput): Promise<Registered> {
    return this.#database.prisma.$transaction(async (tx) => {
      const locked = await lockTransaction(tx, transactionKey)
      if (!locked) throw new NotFoundError('transaction', 'transactionId')
      const { transaction, now } = locked
      if (transaction.status === status || (await isKeyUsed(tx, transactionKey, idempotencyKey))) {
        return { transaction, hasNews: false, userKeys: [] }
      }
      const changed: NewTimelineEntry = {
        kind: 'STATUS_CHANGED',
        actorKey: null,
        data: {
          previousStatus: transaction.status,
          status,
          message: message ?? null,
          ...(idempotencyKey != null && { idempotencyKey }),
        },
      }
      const said = message == null ? [] : [await say(tx, locked, message)]
      const after = await appendToTimeline(tx, locked, [changed, ...said], {
        status,
        statusChangedAt: now,
        lastActivityAt: now,
        messageCount: transaction.messageCount + said.length,
      })
      return { transaction: after, hasNews: true, userKeys: await seatedKeysIn(tx, transactionKey) }
    })
  }
}

/** Those who take part from now on, and those who left by these entries. */
function concernedBy({ participants }: TransactionInput, entries: readonly NewTimelineEntry[]): string[] {
  const left = entries.flatMap((entry) => (entry.kind === 'PARTICIPANT_LEFT' ? [entry.userKey] : []))
  return [...new Set([...participants.map(({ userKey }) => userKey), ...left])]
}

async function requireUsers(tx: Prisma.TransactionClient, { participants }: TransactionInput): Promise<void> {
  const userKeys = participants.map(({ userKey }) => userKey)
  const known = await tx.user.findMany({ where: { key: { in: userKeys } }, select: { key: true } })
  const unknown = userKeys.filter((userKey) => !known.some(({ key }) => key === userKey))
  if (unknown.length > 0) throw new NotFoundError(`user as ${unknown.join(', ')}`, 'participants')
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

/** Makes these, and only these, the participants. The answer is what happened, in order: who left, then who joined. */
async function seat(
  tx: Prisma.TransactionClient,
  { transaction, now }: LockedTransaction,
  wanted: TransactionInput['participants'],
): Promise<NewTimelineEntry[]> {
  const seats = await tx.participant.findMany({
    where: { transactionKey: transaction.key },
    orderBy: { joinedAt: 'asc' },
  })
  const wantedRole = new Map(wanted.map(({ userKey, role }) => [userKey, role]))
  const left: NewTimelineEntry[] = []
  for (const { id, userKey, role, leftAt } of seats) {
    const staysAs = wantedRole.get(userKey)
    if (leftAt !== null || staysAs === role) continue
    left.push({
      kind: 'PARTICIPANT_LEFT',
      actorKey: null,
      userKey,
      data: { role, ...(staysAs !== undefined && { staysAs }) },
    })
    await tx.participant.update({ where: { id }, data: { leftAt: now } })
  }
  const joined: NewTimelineEntry[] = []
  for (const { userKey, role } of wanted) {
    const earlier = seats.find((candidate) => candidate.userKey === userKey)
    if (earlier?.leftAt === null && earlier.role === role) continue
    joined.push({ kind: 'PARTICIPANT_JOINED', actorKey: null, userKey, data: { role } })
    await takeSeat(tx, { transaction, now }, { userKey, role }, earlier)
  }
  return [...left, ...joined]
}

async function takeSeat(
  tx: Prisma.TransactionClient,
  { transaction, now }: LockedTransaction,
  { userKey, role }: TransactionInput['participants'][number],
  earlier: Participant | undefined,
): Promise<void> {
  const seat = { role, joinedAt: now, leftAt: null }
  const unreadFromSequence = transaction.messageCount
  if (!earlier) {
    await tx.participant.create({
      data: { id: uuidv7(), transactionKey: transaction.key, userKey, ...seat, unreadFromSequence },
    })
    return
  }
  // Who only changes roles was there all along: what was unread stays unread.
  const wasAway = earlier.leftAt !== null
  await tx.participant.update({ where: { id: earlier.id }, data: { ...seat, ...(wasAway && { unreadFromSequence }) } })
}

async function isKeyUsed(
  tx: Prisma.TransactionClient,
  transactionKey: string,
  idempotencyKey: string | null | undefined,
) {
  if (idempotencyKey == null) return false
  const used = await tx.$queryRaw<unknown[]>`
    SELECT 1 FROM "TimelineEntry"
    WHERE "transactionKey" = ${transactionKey} AND "data" ? 'idempotencyKey' AND "data" ->> 'idempotencyKey' = ${idempotencyKey}`
  return used.length > 0
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
