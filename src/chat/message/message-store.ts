import type { MessageWithSender } from '../../events/topics.js'
import type { Message, Prisma, Transaction } from '../../generated/prisma/client.js'
import type { Database } from '../../platform/database.js'
import { makePage, type Page, type PageRequest } from '../page.js'
import { atPlaces, type Place } from '../place.js'
import { appendToTimeline, lockTransaction, seatedKeysIn } from '../transaction/transaction-log.js'
import type { MessageFilter, Send } from './message.js'
import { MESSAGE_PLACES, placesValues } from './page-statement.js'
import { type Locking, SEND_MESSAGES, type SendAnswer, type SendRow, sendAnswer, sendValues } from './send-statement.js'

/** SQLSTATE of a lock that was not to be had within lock_timeout. */
const LOCK_NOT_AVAILABLE = '55P03'
/** That one, and the classes of bad data, of constraints, and of deadlocks and serialisation. */
const REJECTED_STATES = /^(22|23|40|55P03)/

/** Postgres rejected a batch as a whole; sent by themselves, most of it may well be good. Nothing was stored. */
export class BatchRejectedError extends Error {
  override readonly name = 'BatchRejectedError'
}

/** The connection broke: the batch may be stored or not. */
export class OutcomeUnknownError extends Error {
  override readonly name = 'OutcomeUnknownError'
}

/** A message whose transaction is locked, and what is to be done with it: null to leave it as it is. */
export type Decision = { readonly kind: 'EDIT'; readonly content: string } | { readonly kind: 'DELETE' } | null

export class MessageStore {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  /** These messages, in any order, with whatever else `include` asks for. */
  findMany(messageIds: readonly string[], include?: Prisma.MessageInclude): Promise<Message[]> {
    return this.#database.prisma.message.findMany({
      where: { id: { in: [...messageIds] } },
      ...(include && { include }),
    })
  }

  /**
   * Stores each of these by itself, all in one commit; the answers are in the order of the sends.
   *
   * @throws {BatchRejectedError} when nothing was stored, and one of them may be to blame.
   * @throws {OutcomeUnknownError} when the database was lost on the way.
   */
  async send(sends: readonly Send[], locking: Locking): Promise<SendAnswer[]> {
    try {
      const rows = await this.#database.query<SendRow>(SEND_MESSAGES, sendValues(sends, locking))
      return rows.map(sendAnswer)
    } catch (cause) {
      const state = this.#database.sqlStateOf(cause)
      // A batch that doesn't wait for transactions met a lock on something else, which perhaps only one of its sends needs.
      const areAllLocked = state === LOCK_NOT_AVAILABLE && (locking.patienceMs > 0 || sends.length === 1)
      if (areAllLocked) return sends.map(() => ({ kind: 'LOCKED' }))
      if (state !== null && REJECTED_STATES.test(state))
        throw new BatchRejectedError('The batch was rejected', { cause })
      if (this.#database.isUnavailable(cause)) throw new OutcomeUnknownError('The database was lost', { cause })
      throw cause
    }
  }

  /** What is stored under these ids, in the order of positions. */
  findStored(messageIds: readonly string[]): Promise<MessageWithSender[]> {
    return this.#database.prisma.message.findMany({
      where: { id: { in: [...messageIds] } },
      orderBy: { position: 'asc' },
      include: { sender: true },
    })
  }

  /**
   * Changes a message as decided under the lock of its transaction; each change is an entry of the timeline.
   *
   * @returns the message as it is now, whether it was changed, and who takes part in its transaction; null when it is not
   * there or the actor takes no part any more.
   */
  change(
    { messageId, transactionKey, actorKey }: { messageId: string; transactionKey: string; actorKey: string },
    decide: (message: Message) => Decision,
  ): Promise<{ message: Message; isChanged: boolean; seatedKeys: string[] } | null> {
    return this.#database.atomically(async (tx) => {
      const locked = await lockTransaction(tx, transactionKey)
      if (!locked) return null
      const seatedKeys = await seatedKeysIn(tx, transactionKey)
      if (!seatedKeys.includes(actorKey)) return null
      const message = await tx.message.findUnique({ where: { id: messageId, transactionKey } })
      if (!message) return null
      const decision = decide(message)
      if (decision === null) return { message, isChanged: false, seatedKeys }
      const { timelinePosition } = await appendToTimeline(tx, locked, [
        decision.kind === 'EDIT'
          ? { kind: 'MESSAGE_EDITED', actorKey, messageId, data: { content: decision.content } }
          : { kind: 'MESSAGE_DELETED', actorKey, messageId, data: {} },
      ])
      const changed = await tx.message.update({
        where: { id: messageId },
        data:
          decision.kind === 'EDIT'
            ? { version: timelinePosition, content: decision.content, editedAt: locked.now }
            : { version: timelinePosition, content: null, deletedAt: locked.now },
      })
      return { message: changed, isChanged: true, seatedKeys }
    })
  }

  /** The newest message of each transaction, in their order and in one statement; null where there is none. */
  async newest(of: readonly Transaction[], include?: Prisma.MessageInclude): Promise<(Message | null)[]> {
    const found = await this.#database.prisma.message.findMany({
      where: { OR: of.map(({ key, messageCount }) => ({ transactionKey: key, sequence: messageCount })) },
      ...(include && { include }),
    })
    const byTransaction = new Map(found.map((message) => [message.transactionKey, message]))
    return of.map(({ key }) => byTransaction.get(key) ?? null)
  }

  /**
   * The same page of each of these transactions' messages, in their order. Two statements: where they stand; then those,
   * with all that `include` asks for.
   */
  async pages(
    transactionKeys: readonly string[],
    request: PageRequest<number>,
    filter: MessageFilter,
    include?: Prisma.MessageInclude,
  ): Promise<Page<Message>[]> {
    const places = await this.#places(transactionKeys, request, filter)
    const where = atPlaces(places)
    const rows = await this.#database.prisma.message.findMany({ where, ...(include && { include }) })
    const direction = request.from === 'start' ? 1 : -1
    const nearestFirst = rows.sort((one, other) => (one.position - other.position) * direction)
    return transactionKeys.map((key) => {
      const page = nearestFirst.filter(({ transactionKey }) => transactionKey === key)
      return makePage(request, page, this.#existsIn(key, filter))
    })
  }

  #existsIn(transactionKey: string, filter: MessageFilter) {
    return async (side: 'atOrBefore' | 'atOrAfter', position: number): Promise<boolean> => {
      const beyond: PageRequest<number> =
        side === 'atOrBefore'
          ? { from: 'end', size: 0, after: null, before: position + 1 }
          : { from: 'start', size: 0, after: position - 1, before: null }
      return (await this.#places([transactionKey], beyond, filter)).length > 0
    }
  }

  #places(transactionKeys: readonly string[], request: PageRequest<number>, filter: MessageFilter): Promise<Place[]> {
    return this.#database.query<Place>(MESSAGE_PLACES, placesValues(transactionKeys, request, filter))
  }
}
