import type { Scheduler } from 'fast-check'
import type { Send } from '../../src/chat/message/message.js'
import { BatchRejectedError, OutcomeUnknownError } from '../../src/chat/message/message-store.js'
import type { SendLanesParts } from '../../src/chat/message/send-lanes.js'
import type { Locking, SendAnswer } from '../../src/chat/message/send-statement.js'
import type { MessageWithSender } from '../../src/events/topics.js'

/** What happens to one call of the database. */
export interface Fate {
  readonly end: 'answered' | 'rejected' | 'lost before the commit' | 'lost after the commit' | 'broken'
  /** Transactions that somebody else has locked meanwhile. */
  readonly locked: readonly string[]
  readonly isLookUpLost: boolean
  readonly elapsedMs: number
}

export const STRANGER = 'stranger'
/** What is rejected with all that goes with it. */
export const POISON = 'poison'
/** What no one foresees. */
export class BrokenError extends Error {}

/** The messages of a database in memory, whose calls end as they are fated to, and when the scheduler has it. */
export class SendStoreModel {
  readonly stored: Send[] = []
  /** By message id, the ends of the calls that left nothing behind but a refusal. */
  readonly excuses = new Map<string, Set<string>>()
  /** How each call so far got its locks. */
  readonly lockings: Locking[] = []
  nowMs = 0
  /** The most calls at once that waited for the lock of a transaction that stays locked. */
  mostStuckCalls = 0
  #stuckCalls = 0
  readonly #scheduler: Scheduler
  #fates: Iterator<Fate>

  constructor(scheduler: Scheduler, fates: Iterator<Fate>) {
    this.#scheduler = scheduler
    this.#fates = fates
  }

  readonly store: SendLanesParts['store'] = {
    send: async (sends, locking) => {
      const fate = this.#nextFate(sends)
      this.lockings.push(locking)
      if (isOfStuckLane(locking)) this.#stuckCalls += 1
      this.mostStuckCalls = Math.max(this.mostStuckCalls, this.#stuckCalls)
      await this.#scheduler.schedule(Promise.resolve(), 'the call')
      const answers = this.#call(sends, locking, fate)
      await this.#scheduler.schedule(Promise.resolve(), 'its answer')
      if (isOfStuckLane(locking)) this.#stuckCalls -= 1
      this.nowMs += fate.elapsedMs
      if (fate.end === 'answered') return answers
      for (const { messageId } of sends) this.#excuse(messageId, sends.length === 1 ? `${fate.end} alone` : fate.end)
      if (fate.end === 'rejected') throw new BatchRejectedError('Rejected')
      if (fate.end === 'broken') throw new BrokenError('Broken')
      throw new OutcomeUnknownError('Lost')
    },
    findStored: async (messageIds) => {
      const fate = this.#nextFate([])
      await this.#scheduler.schedule(Promise.resolve(), 'the look-up')
      if (fate.isLookUpLost) throw new Error('Lost again')
      return this.stored.filter(({ messageId }) => messageIds.includes(messageId)).map(messageOf)
    },
  }

  /** From now on this is what happens. */
  goOnWith(fates: Iterator<Fate>): void {
    this.#fates = fates
  }

  /** The one that is stored under the key of a send, or under its id when it has no key. */
  find(send: Send): Send | undefined {
    return this.stored.find((other) => keyOf(other) === keyOf(send))
  }

  #call(sends: readonly Send[], locking: Locking, { end, locked }: Fate): SendAnswer[] {
    const { patienceMs, awaited } = locking
    const members = sends.filter(({ senderKey }) => senderKey !== STRANGER)
    if (patienceMs > 0 && members.length < sends.length) throw new Error('A stranger was made to wait')
    const keys = sends.flatMap((send) => (send.clientMessageId === null ? [] : keyOf(send)))
    if (new Set(keys).size < keys.length) throw new Error('Equal keys are in one batch')
    for (const { messageId, transactionKey } of isOfStuckLane(locking) ? members : []) {
      if (locked.includes(transactionKey)) this.#excuse(messageId, 'locked')
    }
    const isFree = ({ transactionKey }: Send) => !locked.includes(transactionKey) && !awaited.includes(transactionKey)
    const isCommitted = end === 'answered' || end === 'lost after the commit'
    return sends.map((send) => this.#judge(send, isFree(send), isCommitted))
  }

  #judge(send: Send, isFree: boolean, isCommitted: boolean): SendAnswer {
    if (send.senderKey === STRANGER) return { kind: 'NOT_FOUND' }
    const earlier = this.find(send)
    if (earlier)
      return earlier.content === send.content
        ? { kind: 'DUPLICATE', message: messageOf(earlier) }
        : { kind: 'CONFLICT' }
    if (!isFree) return { kind: 'LOCKED' }
    if (isCommitted) this.stored.push(send)
    return { kind: 'SENT', message: messageOf(send), seatedKeys: [] }
  }

  #nextFate(sends: readonly Send[]): Fate {
    const fate: Fate = this.#fates.next().value
    return sends.some(({ content }) => content === POISON) ? { ...fate, end: 'rejected' } : fate
  }

  #excuse(messageId: string, reason: string): void {
    this.excuses.set(messageId, (this.excuses.get(messageId) ?? new Set()).add(reason))
  }
}

/** Whether the call comes from the lane of one transaction, the last one: it waits longer than any other. */
function isOfStuckLane({ patienceMs }: Locking): boolean {
  return patienceMs > 100
}

/** Sends with the same are one message; without a clientMessageId each is one. */
export function keyOf({ messageId, transactionKey, senderKey, clientMessageId }: Send): string {
  return clientMessageId === null ? messageId : [transactionKey, senderKey, clientMessageId].join(' ')
}

function messageOf({ messageId, ...send }: Send): MessageWithSender {
  const nowhere = { sequence: 0, position: 0, version: 0, editedAt: null, deletedAt: null, createdAt: new Date(0) }
  return { id: messageId, ...send, ...nowhere, sender: null }
}
