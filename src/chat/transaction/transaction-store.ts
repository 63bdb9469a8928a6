import type { Participant, Prisma, Transaction } from '../../generated/prisma/client.js'
import type { Database } from '../../platform/database.js'
import { makePage, type Page, type PageRequest } from '../page.js'
import { selectBeyond, selectPage } from './list-statement.js'
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
  find(transactionKey: string, include: Prisma.TransactionInclude): Promise<Transaction | null> {
    return this.#database.prisma.transaction.findUnique({ where: { key: transactionKey }, include })
  }

  /** A page of all in the scope, the latest activity first. Two statements, whatever the size. */
  async page(
    scope: TransactionScope,
    request: PageRequest<TransactionBound>,
    filter: TransactionFilter,
    include?: Prisma.TransactionInclude,
  ): Promise<Page<Transaction>> {
    const { prisma } = this.#database
    const found = await prisma.$queryRaw<{ key: string }[]>(selectPage(scope, request, filter))
    const keys = found.map(({ key }) => key)
    const rows = await prisma.transaction.findMany({ where: { key: { in: keys } }, ...(include && { include }) })
    const byKey = new Map(rows.map((row) => [row.key, row]))
    const ordered = keys.flatMap((key) => byKey.get(key) ?? [])
    return makePage(request, ordered, async (side, bound) => {
      const any = await prisma.$queryRaw<unknown[]>(selectBeyond(scope, side, bound, filter))
      return any.length > 0
    })
  }
}
