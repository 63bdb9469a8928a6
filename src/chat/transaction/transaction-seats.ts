import { uuidv7 } from 'uuidv7'
import type { Prisma } from '../../generated/prisma/client.js'
import type { TransactionInput } from './transaction.js'
import type { LockedTransaction, NewTimelineEntry } from './transaction-log.js'

type Wanted = TransactionInput['participants']

/**
 * Makes these, and only these, the participants of a locked transaction: three statements, however many they are.
 *
 * @returns what happened, in order: who left, then who joined.
 */
export async function seatParticipants(
  tx: Prisma.TransactionClient,
  locked: LockedTransaction,
  wanted: Wanted,
): Promise<NewTimelineEntry[]> {
  const seats = await tx.participant.findMany({
    where: { transactionKey: locked.transaction.key, leftAt: null },
    orderBy: [{ joinedAt: 'asc' }, { id: 'asc' }],
  })
  const wantedRoles = new Map(wanted.map(({ userKey, role }) => [userKey, role]))
  const roles = new Map(seats.map(({ userKey, role }) => [userKey, role]))
  const leaving = seats.filter(({ userKey, role }) => wantedRoles.get(userKey) !== role)
  const joining = wanted.filter(({ userKey, role }) => roles.get(userKey) !== role)
  const goneIds = leaving.flatMap(({ id, userKey }) => (wantedRoles.has(userKey) ? [] : [id]))
  if (goneIds.length > 0) {
    await tx.participant.updateMany({ where: { id: { in: goneIds } }, data: { leftAt: locked.now } })
  }
  if (joining.length > 0) await takeSeats(tx, locked, joining)
  return [
    ...leaving.map(({ userKey, role }): NewTimelineEntry => {
      const staysAs = wantedRoles.get(userKey)
      const data = { role, ...(staysAs !== undefined && { staysAs }) }
      return { kind: 'PARTICIPANT_LEFT', actorKey: null, userKey, data }
    }),
    ...joining.map(
      ({ userKey, role }): NewTimelineEntry => ({
        kind: 'PARTICIPANT_JOINED',
        actorKey: null,
        userKey,
        data: { role },
      }),
    ),
  ]
}

/** Who was here before gets the old seat back. Who only changes roles was here all along: what was unread stays unread. */
async function takeSeats(
  tx: Prisma.TransactionClient,
  { transaction, now }: LockedTransaction,
  joining: Wanted,
): Promise<void> {
  const ids = joining.map(() => uuidv7())
  const userKeys = joining.map(({ userKey }) => userKey)
  const roles = joining.map(({ role }) => role)
  await tx.$executeRaw`
    INSERT INTO "Participant" AS seat ("id", "transactionKey", "userKey", "role", "joinedAt", "unreadFromSequence")
    SELECT joining."id", ${transaction.key}, joining."userKey", joining."role", ${now}::timestamptz, ${transaction.messageCount}
    FROM unnest(${ids}::uuid[], ${userKeys}::text[], ${roles}::"ParticipantRole"[]) AS joining("id", "userKey", "role")
    ON CONFLICT ("transactionKey", "userKey") DO UPDATE SET
      "role" = excluded."role", "joinedAt" = excluded."joinedAt", "leftAt" = NULL,
      "unreadFromSequence" = CASE WHEN seat."leftAt" IS NULL THEN seat."unreadFromSequence" ELSE excluded."unreadFromSequence" END`
}
