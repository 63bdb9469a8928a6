import type { PlatformViewer, Viewer } from '../../auth/viewer.js'
import type { EventBus } from '../../events/event-bus.js'
import type { Prisma, Transaction } from '../../generated/prisma/client.js'
import { type Page, type PageArgs, readPageRequest } from '../page.js'
import type { TextLimits } from '../text.js'
import {
  checkStatusChangeInput,
  checkTransactionInput,
  type StatusChangeInput,
  TRANSACTIONS_PER_PAGE,
  type TransactionFilter,
  type TransactionInput,
} from './transaction.js'
import { decodeTransactionCursor } from './transaction-cursor.js'
import { announce } from './transaction-news.js'
import { scopeOf, type TransactionPolicy } from './transaction-policy.js'
import type { Registered, TransactionRegistry } from './transaction-registry.js'
import type { TransactionStore } from './transaction-store.js'

/** Reads and registers transactions; every call asks the policy first. */
export class TransactionService {
  readonly #transactions: TransactionStore
  readonly #registry: TransactionRegistry
  readonly #transactionPolicy: TransactionPolicy
  readonly #bus: EventBus
  readonly #maxPageSize: number
  readonly #textLimits: TextLimits

  constructor(parts: {
    transactions: TransactionStore
    registry: TransactionRegistry
    transactionPolicy: TransactionPolicy
    bus: EventBus
    maxPageSize: number
    textLimits: TextLimits
  }) {
    this.#transactions = parts.transactions
    this.#registry = parts.registry
    this.#transactionPolicy = parts.transactionPolicy
    this.#bus = parts.bus
    this.#maxPageSize = parts.maxPageSize
    this.#textLimits = parts.textLimits
  }

  /** Of these transactions those that exist and that the viewer may see. */
  async findVisible(viewer: Viewer, transactionKeys: readonly string[]): Promise<Transaction[]> {
    const access = await this.#transactionPolicy.accessTo(viewer, transactionKeys)
    return [...access.values()].map(({ transaction }) => transaction)
  }

  /** The transaction with what `include` asks for, or null when there is none or the viewer may not see it. */
  async find(viewer: Viewer, transactionKey: string, include?: Prisma.TransactionInclude): Promise<Transaction | null> {
    // Asked first: whether there is something to be read shows in the time that it takes.
    const access = (await this.#transactionPolicy.accessTo(viewer, [transactionKey])).get(transactionKey)
    if (!access) return null
    return include ? this.#transactions.find(transactionKey, include) : access.transaction
  }

  /**
   * A page of the viewer's transactions, the latest activity first.
   *
   * @throws {BadUserInputError}
   */
  async page(
    viewer: Viewer,
    args: PageArgs,
    filter: TransactionFilter,
    include?: Prisma.TransactionInclude,
  ): Promise<Page<Transaction>> {
    const request = readPageRequest(args, {
      maxPageSize: this.#maxPageSize,
      defaultSize: TRANSACTIONS_PER_PAGE,
      defaultEnd: 'first',
      decodeCursor: decodeTransactionCursor,
    })
    return this.#transactions.page(scopeOf(viewer), request, filter, include)
  }

  /**
   * Registers a deal, or brings it to what the input says. Repeating it is safe. Whoever is left out of `participants`
   * has left; a new deal begins its timeline with its status and then its people.
   *
   * @throws {BadUserInputError} @throws {RefusalError} NOT_FOUND when a participant isn't registered.
   */
  async upsert(_platform: PlatformViewer, input: TransactionInput): Promise<Transaction> {
    return this.#announce(await this.#registry.upsert(checkTransactionInput(input)))
  }

  /**
   * Moves a deal to a status and says so in its timeline, with a SYSTEM message when there is something to say. The
   * status it has already, or an idempotency key used before, changes nothing.
   *
   * @throws {BadUserInputError} @throws {NotFoundError}
   */
  async changeStatus(_platform: PlatformViewer, input: StatusChangeInput): Promise<Transaction> {
    return this.#announce(await this.#registry.changeStatus(checkStatusChangeInput(input, this.#textLimits)))
  }

  #announce({ transaction, hasNews, hasMoved, userKeys }: Registered): Transaction {
    const { key: transactionKey, timelinePosition: position, partnerClientId } = transaction
    const news = { position, entries: [], ...(hasMoved && { partnerClientId }) }
    announce(this.#bus, { transactionKey, advanced: hasNews || hasMoved ? news : null, userKeys })
    return transaction
  }
}
