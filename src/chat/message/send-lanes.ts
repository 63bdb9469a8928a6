import pLimit, { type LimitFunction } from 'p-limit'
import type { Logger } from 'pino'
import { ServiceUnavailableError } from '../../errors.js'
import type { EventBus } from '../../events/event-bus.js'
import { announceSent } from './announce-sent.js'
import type { Send } from './message.js'
import type { MessageStore } from './message-store.js'
import { SendLane, type SendLaneParts } from './send-lane.js'
import { createSendJob, type SendJob } from './send-queue.js'
import type { SendOutcome, Sent } from './send-statement.js'

const LANE_COUNT = 4
const MAX_BATCH_SIZE = 500
const MAX_UNSETTLED = 20_000
/** Longer than the commits of other nodes, and the changes that somebody makes to a message, take. */
const SHORT_PATIENCE_MS = 100
const LONG_PATIENCE_MS = 500
const LEAST_PATIENCE_MS = 50
/** Where many stay locked each is waited for less long, so that all have their turn in about this time: before their sends are too late. */
const TURN_WITHIN_MS = 1_000
/** For so long a transaction is taken to be locked still that was not to be had with all patience. */
const STUCK_FOR_MS = 1_000

export interface SendLanesParts {
  readonly store: Pick<MessageStore, 'send' | 'findStored'>
  readonly bus: EventBus
  readonly log: Pick<Logger, 'error'>
  /** How many calls may wait at once, each for a transaction that stays locked. */
  readonly maxStuckCalls: number
  /** No call waits longer than this for a lock; nor longer than half a second, whatever this is. */
  readonly lockTimeoutMs?: number
  readonly maxBatchSize?: number
  /** Milliseconds that only grow. */
  readonly now?: () => number
}

interface LaneOptions extends Pick<SendLaneParts, 'onLocked' | 'inTurn' | 'onIdle'> {
  /** How long a call waits for locks. */
  readonly patienceMs: () => number
  /** Of a transaction: whether its sends wait in a later lane, and come before those of this one. */
  readonly isAwaited: (transactionKey: string) => boolean
}

/**
 * The way of every send to its commit: a transaction that somebody else has locked delays none that is free, and keeps
 * the order of its own sends.
 *
 * Each begins in one of a few lanes, by transaction, in which nobody waits for a lock: strangers learn there that they are
 * strangers, and what is free is stored. The sends of locked transactions go on to the patient lane, where they wait
 * together, for a moment; those of a transaction that stays locked go on to a stuck lane, which it has for itself. While any
 * wait, what arrives for that transaction takes the same way behind them. One that was found to stay locked is not waited
 * for in the patient lane for a while: it would use up the patience that is for all. The stuck lanes take turns: the
 * more there are, the shorter each is.
 */
export class SendLanes {
  readonly #parts: SendLanesParts
  readonly #now: () => number
  readonly #firstLanes: readonly SendLane[]
  readonly #patientLane: SendLane
  /** By transaction, for those that stay locked. */
  readonly #stuckLanes = new Map<string, SendLane>()
  /** By transaction, until when it is taken to be locked still; the oldest first. */
  readonly #stuckUntil = new Map<string, number>()
  readonly #limitStuckCalls: LimitFunction
  /** By transaction, how many sends left the first lane for its lock and are not settled. */
  readonly #waitingCounts = new Map<string, number>()
  #unsettledCount = 0

  constructor(parts: SendLanesParts) {
    this.#parts = parts
    this.#now = parts.now ?? (() => performance.now())
    this.#limitStuckCalls = pLimit(parts.maxStuckCalls)
    this.#firstLanes = Array.from({ length: LANE_COUNT }, () =>
      this.#createLane({
        patienceMs: () => 0,
        isAwaited: (key) => this.#waitingCounts.has(key),
        onLocked: (job) => this.#addToPatientLane(job),
      }),
    )
    this.#patientLane = this.#createLane({
      patienceMs: () => SHORT_PATIENCE_MS,
      isAwaited: (key) => this.#isStuck(key),
      onLocked: (job) => this.#stuckLane(job.send.transactionKey).add(job),
    })
  }

  /** @throws {ServiceUnavailableError} when the message is not known to be stored. */
  async send(send: Send): Promise<SendOutcome> {
    const lane = this.#firstLanes[hash(send.transactionKey) % LANE_COUNT]
    if (!lane) throw new RangeError('There is no such lane')
    if (this.#unsettledCount >= MAX_UNSETTLED) throw new ServiceUnavailableError()
    this.#unsettledCount += 1
    try {
      const job = createSendJob(send, this.#now())
      lane.add(job)
      return await job.outcome
    } finally {
      this.#unsettledCount -= 1
    }
  }

  #addToPatientLane(job: SendJob): void {
    const { transactionKey } = job.send
    this.#countWaiting(transactionKey, 1)
    const settled = () => this.#countWaiting(transactionKey, -1)
    job.outcome.then(settled, settled)
    this.#patientLane.add(job)
  }

  #countWaiting(transactionKey: string, change: 1 | -1): void {
    const count = (this.#waitingCounts.get(transactionKey) ?? 0) + change
    if (count === 0) this.#waitingCounts.delete(transactionKey)
    else this.#waitingCounts.set(transactionKey, count)
  }

  #stuckLane(transactionKey: string): SendLane {
    const existing = this.#stuckLanes.get(transactionKey)
    if (existing) return existing
    const lane = this.#createLane({
      patienceMs: () => this.#patienceOfATurnMs(),
      isAwaited: () => false,
      // It is one lock, and all of the batch have waited for it together: nobody waits for it a second time.
      onLocked: (job) => {
        this.#rememberStuck(transactionKey)
        job.reject(new ServiceUnavailableError())
      },
      inTurn: (commit) => this.#limitStuckCalls(commit),
      onIdle: () => this.#stuckLanes.delete(transactionKey),
    })
    this.#stuckLanes.set(transactionKey, lane)
    return lane
  }

  #isStuck(transactionKey: string): boolean {
    return this.#stuckLanes.has(transactionKey) || (this.#stuckUntil.get(transactionKey) ?? 0) > this.#now()
  }

  #patienceOfATurnMs(): number {
    const { activeCount, pendingCount } = this.#limitStuckCalls
    const shareMs = Math.round((TURN_WITHIN_MS * this.#parts.maxStuckCalls) / (activeCount + pendingCount))
    return Math.min(Math.max(shareMs, LEAST_PATIENCE_MS), LONG_PATIENCE_MS)
  }

  #rememberStuck(transactionKey: string): void {
    const now = this.#now()
    this.#stuckUntil.delete(transactionKey)
    this.#stuckUntil.set(transactionKey, now + STUCK_FOR_MS)
    for (const [key, until] of this.#stuckUntil) {
      if (until > now) break
      this.#stuckUntil.delete(key)
    }
  }

  #createLane({ patienceMs, isAwaited, ...parts }: LaneOptions): SendLane {
    const { store, lockTimeoutMs = LONG_PATIENCE_MS, maxBatchSize = MAX_BATCH_SIZE } = this.#parts
    return new SendLane({
      ...parts,
      maxBatchSize,
      now: this.#now,
      store: (sends) => {
        const transactionKeys = new Set(sends.map((send) => send.transactionKey))
        const awaited = [...transactionKeys].filter(isAwaited)
        return store.send(sends, { patienceMs: Math.min(patienceMs(), lockTimeoutMs), awaited })
      },
      findStored: (messageIds) => store.findStored(messageIds),
      onCommitted: (sent) => this.#announce(sent),
    })
  }

  #announce(sent: readonly Sent[]): void {
    try {
      announceSent(this.#parts.bus, sent)
    } catch (error) {
      this.#parts.log.error({ err: error }, 'What a commit stored could not be announced')
    }
  }
}

/** FNV-1a, 32 bits. */
function hash(text: string): number {
  let value = 0x811c9dc5
  for (let index = 0; index < text.length; index += 1) {
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193)
  }
  return value >>> 0
}
