import type { Viewer } from '../../auth/viewer.js'
import { NotFoundError } from '../../errors.js'
import type { TransactionAccess, TransactionScope } from './transaction.js'
import type { TransactionStore } from './transaction-store.js'

/** Participants see the transactions in which they have a seat, partners those registered under their client. */
export function scopeOf(viewer: Viewer): TransactionScope {
  switch (viewer.kind) {
    case 'USER':
      return { participantKey: viewer.user.key }
    case 'PARTNER':
      return { partnerClientId: viewer.clientId }
    case 'PLATFORM':
      return 'ALL'
  }
}

/**
 * The one place that decides who may see a transaction and all that is in it. Participants see it while they have a
 * seat, partners when it is registered under their client, the platform always. For everyone else it doesn't exist.
 */
export class TransactionPolicy {
  readonly #transactions: TransactionStore

  constructor(transactions: TransactionStore) {
    this.#transactions = transactions
  }

  /** What the viewer has of each of these transactions; those that they may not see are missing. One statement. */
  async accessTo(viewer: Viewer, transactionKeys: readonly string[]): Promise<Map<string, TransactionAccess>> {
    const granted = await this.#granted(viewer, transactionKeys)
    return new Map(granted.map((access) => [access.transaction.key, access]))
  }

  /** @throws {NotFoundError} when there is no such transaction or the viewer may not see it. */
  async requireAccess(viewer: Viewer, transactionKey: string, field = 'transactionId'): Promise<TransactionAccess> {
    const access = (await this.accessTo(viewer, [transactionKey])).get(transactionKey)
    if (!access) throw new NotFoundError('transaction', field)
    return access
  }

  /** Of these rows, each of some transaction, those whose transaction the viewer may see. */
  async onlyVisible<Row extends { readonly transactionKey: string }>(
    viewer: Viewer,
    rows: readonly Row[],
  ): Promise<Row[]> {
    if (rows.length === 0) return []
    const access = await this.accessTo(viewer, [...new Set(rows.map(({ transactionKey }) => transactionKey))])
    return rows.filter(({ transactionKey }) => access.has(transactionKey))
  }

  async #granted(viewer: Viewer, transactionKeys: readonly string[]): Promise<TransactionAccess[]> {
    if (viewer.kind === 'USER') {
      const seats = await this.#transactions.findSeats(viewer.user.key, transactionKeys)
      return seats.map(({ transaction, ...seat }) => ({
        transaction,
        seat,
        visibility: seat.role === 'ARBITER' ? 'ARBITER' : 'PARTICIPANT',
      }))
    }
    const partnerClientId = viewer.kind === 'PARTNER' ? viewer.clientId : undefined
    const transactions = await this.#transactions.findMany(transactionKeys, partnerClientId)
    return transactions.map((transaction) => ({ transaction, seat: null, visibility: viewer.kind }))
  }
}
