import { type Participant, Prisma, type Transaction } from '../../generated/prisma/client.js'
import type { Database } from '../../platform/database.js'
import { makePage, type Page, type PageRequest } from '../page.js'
import type { TransactionBound, TransactionFilter, TransactionScope } from './transaction.js'

/** Reads transactions. What changes them is in `transaction-registry.ts`. */
export class TransactionStore {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  /** Of these transactions those in which the user has a seat at present, each with the seat. */
  findSeats(
    userKey: string,
    transactionKeys: readonly string[],
  ): Promise<(Participant & { transaction: Transaction })[]> {
    return this.#database.prisma.participant.findMany({
      where: { userKey, transactionKey: { in: [...transactionKeys] }, leftAt: null },
      include: { transaction: true },
    })
  }

  /** Of these transactions those that exist; with a partner, those that are the partner's. */
  findMany(transactionKeys: readonly string[], partnerClientId?: string): Promise<Transaction[]> {
    return this.#database.prisma.transaction.findMany({
      where: { key: { in: [...transactionKeys] }, ...(partnerClientId !== undefined && { partnerClientId }) },
    })
  }

  /** The transaction with whatever else `include` asks for. */
  find(transactionKey: string, include?: Prisma.TransactionInclude): Promise<Transaction | null> {
    return this.#database.prisma.transaction.findUnique({
      where: { key: transactionKey },
      ...(include && { include }),
    })
  }

  /** A page of all in the scope, the latest activity first. Two statements, whatever the size. */
  async page(
    scope: TransactionScope,
    request: PageRequest<TransactionBound>,
    filter: TransactionFilter,
    include?: Prisma.TransactionInclude,
  ): Promise<Page<Transaction>> {
    const { prisma } = this.#database
    const visible = inScope(scope, filter)
    const order = request.from === 'start' ? Prisma.sql`DESC` : Prisma.sql`ASC`
    const bounds = [request.after && beyond('<', request.after), request.before && beyond('>', request.before)]
    const found = await prisma.$queryRaw<{ key: string }[]>`
      SELECT t."key" ${where([visible, ...bounds])}
      ORDER BY t."lastActivityAt" ${order}, t."key" ${order} LIMIT ${request.size + 1}`
    const keys = found.map(({ key }) => key)
    const rows = await prisma.transaction.findMany({ where: { key: { in: keys } }, ...(include && { include }) })
    const byKey = new Map(rows.map((row) => [row.key, row]))
    const ordered = keys.flatMap((key) => byKey.get(key) ?? [])
    return makePage(request, ordered, async (side, bound) => {
      const beyondBound = beyond(side === 'atOrBefore' ? '>=' : '<=', bound)
      const any = await prisma.$queryRaw<unknown[]>`SELECT 1 ${where([visible, beyondBound])} LIMIT 1`
      return any.length > 0
    })
  }
}

/** The FROM and WHERE that select what is in the scope and asked for. */
function inScope(
  scope: TransactionScope,
  { statuses, unread }: TransactionFilter,
): { from: Prisma.Sql; conditions: Prisma.Sql[] } {
  const conditions: Prisma.Sql[] = []
  if (statuses) conditions.push(Prisma.sql`t."status"::text = ANY (${[...statuses]})`)
  if (scope !== 'ALL' && 'participantKey' in scope) {
    conditions.push(Prisma.sql`p."userKey" = ${scope.participantKey} AND p."leftAt" IS NULL`)
    if (unread != null) conditions.push(Prisma.sql`(t."messageCount" > p."unreadFromSequence") = ${unread}`)
    return { from: Prisma.sql`"Participant" p JOIN "Transaction" t ON t."key" = p."transactionKey"`, conditions }
  }
  // Whoever has no seat has nothing unread.
  if (unread) conditions.push(Prisma.sql`false`)
  if (scope !== 'ALL') conditions.push(Prisma.sql`t."partnerClientId" = ${scope.partnerClientId}`)
  return { from: Prisma.sql`"Transaction" t`, conditions }
}

function beyond(operator: '<' | '<=' | '>' | '>=', { lastActivityAt, key }: TransactionBound): Prisma.Sql {
  return Prisma.sql`(t."lastActivityAt", t."key") ${Prisma.raw(operator)} (${lastActivityAt}::timestamptz, ${key}::text)`
}

type Visible = ReturnType<typeof inScope>

function where([visible, ...bounds]: [Visible, ...(Prisma.Sql | null)[]]): Prisma.Sql {
  const conditions = [...visible.conditions, ...bounds.filter((bound) => bound !== null)]
  return conditions.length === 0
    ? Prisma.sql`FROM ${visible.from}`
    : Prisma.sql`FROM ${visible.from} WHERE ${Prisma.join(conditions, ' AND ')}`
}
