import { Prisma, TransactionStatus } from '../../generated/prisma/client.js'
import type { PageRequest } from '../page.js'
import type { TransactionBound, TransactionFilter, TransactionScope } from './transaction.js'

/** So many of a list, from one end of what the conditions leave. */
interface Slice {
  readonly from: 'start' | 'end'
  readonly limit: number
  readonly bounds: readonly Prisma.Sql[]
}

/** Selects the keys of the first `size + 1` transactions of a page, in order from the end that is asked for. */
export function selectPage(
  scope: TransactionScope,
  { from, size, after, before }: PageRequest<TransactionBound>,
  filter: TransactionFilter,
): Prisma.Sql {
  const bounds = [...(after ? [beyond('<', after)] : []), ...(before ? [beyond('>', before)] : [])]
  return select(scope, filter, { from, limit: size + 1, bounds })
}

/** Selects one key, if the list has anything at the bound or beyond it. */
export function selectBeyond(
  scope: TransactionScope,
  side: 'atOrBefore' | 'atOrAfter',
  bound: TransactionBound,
  filter: TransactionFilter,
): Prisma.Sql {
  return side === 'atOrBefore'
    ? select(scope, filter, { from: 'end', limit: 1, bounds: [beyond('>=', bound)] })
    : select(scope, filter, { from: 'start', limit: 1, bounds: [beyond('<=', bound)] })
}

function select(scope: TransactionScope, filter: TransactionFilter, slice: Slice): Prisma.Sql {
  if (scope === 'ALL') return selectByStatus([], filter, slice)
  if ('participantKey' in scope) return selectBySeat(scope.participantKey, filter, slice)
  return selectByStatus([Prisma.sql`t."partnerClientId" = ${scope.partnerClientId}`], filter, slice)
}

/** Each status has its transactions in order in an index: the first of each status, and of those the first. */
function selectByStatus(
  ofScope: readonly Prisma.Sql[],
  { statuses, unread }: TransactionFilter,
  slice: Slice,
): Prisma.Sql {
  const conditions = [Prisma.sql`t."status" = of."status"`, ...ofScope, ...slice.bounds]
  // Whoever has no seat has nothing unread.
  if (unread) conditions.push(Prisma.sql`false`)
  const wanted = [...new Set(statuses ?? Object.values(TransactionStatus))]
  return Prisma.sql`
    SELECT t."key" FROM unnest(${wanted}::"TransactionStatus"[]) AS of("status") CROSS JOIN LATERAL (
      SELECT t."lastActivityAt", t."key" FROM "Transaction" t
      WHERE ${Prisma.join(conditions, ' AND ')} ${firstOf(slice)}
    ) t ${firstOf(slice)}`
}

/**
 * Postgres chooses whether to begin with the person's seats or, for somebody who has one in most transactions, with the
 * transactions in order. But it can't know how many are unread, and would look for what isn't there in everybody's
 * transactions: where that is asked for, it has to begin with the seats.
 */
function selectBySeat(userKey: string, { statuses, unread }: TransactionFilter, slice: Slice): Prisma.Sql {
  const conditions = [
    ...(statuses ? [Prisma.sql`t."status" = ANY (${[...statuses]}::"TransactionStatus"[])`] : []),
    ...(unread == null ? [] : [Prisma.sql`(t."messageCount" > seat."unreadFromSequence") = ${unread}`]),
    ...slice.bounds,
  ]
  return Prisma.sql`
    WITH seat AS ${unread == null ? Prisma.sql`NOT MATERIALIZED` : Prisma.sql`MATERIALIZED`} (
      SELECT p."transactionKey", p."unreadFromSequence" FROM "Participant" p
      WHERE p."userKey" = ${userKey} AND p."leftAt" IS NULL
    )
    SELECT t."key" FROM seat JOIN "Transaction" t ON t."key" = seat."transactionKey"
    ${conditions.length === 0 ? Prisma.empty : Prisma.sql`WHERE ${Prisma.join(conditions, ' AND ')}`} ${firstOf(slice)}`
}

function firstOf({ from, limit }: Slice): Prisma.Sql {
  const direction = from === 'start' ? Prisma.sql`DESC` : Prisma.sql`ASC`
  return Prisma.sql`ORDER BY t."lastActivityAt" ${direction}, t."key" ${direction} LIMIT ${limit}`
}

function beyond(operator: '<' | '<=' | '>' | '>=', { lastActivityAt, key }: TransactionBound): Prisma.Sql {
  return Prisma.sql`(t."lastActivityAt", t."key") ${Prisma.raw(operator)} (${lastActivityAt}::timestamptz, ${key}::text)`
}
