import pLimit, { type LimitFunction } from 'p-limit'
import type { Logger } from 'pino'
import { ServiceUnavailableError } from '../../errors.js'
import type { EventBus } from '../../events/event-bus.js'
import type { LiveEntry, MessageWithSender } from '../../events/topics.js'
import type { Send } from './message.js'
import type { MessageStore } from './message-store.js'
import { SendLane, type SendLaneParts } from './send-lane.js'
import { createSendJob, type SendJob } from './send-queue.js'
import type { SendOutcome } from './send-statement.js'

const LANE_COUNT = 4
const MAX_BATCH_SIZE = 500
const MAX_UNSETTLED = 20_000
/** Longer than the commits of other nodes, and the changes that somebody makes to a message, take. */
const SHORT_PATIENCE_MS = 100
const PATIENCE_MS = 500

export interface SendLanesParts {
  readonly store: Pick<MessageStore, 'send' | 'findStored'>
  readonly bus: EventBus
  readonly log: Pick<Logger, 'error'>
  /** How many calls may wait at once, each for a transaction that stays locked. */
  readonly maxStuckCalls: number
  readonly maxBatchSize?: number
  /** Milliseconds that only grow. */
  readonly now?: () => number
}

/**
 * Group commit. Every send goes through one of a few lanes, by transaction, in which nobody waits for a lock: strangers
 * learn there that they are strangers, and what is free is stored. The sends of locked transactions go on to a lane where
 * they wait together, shortly; for a transaction that stays locked they go on to a lane of it alone. While any wait, what
 * arrives for that transaction takes the same way behind them, and so keeps its order.
 */
export class SendLanes {
  readonly #parts: SendLanesParts
  readonly #now: () => number
  readonly #lanes: readonly SendLane[]
  readonly #patientLane: SendLane
  /** By transaction, for those that stay locked. */
  readonly #stuckLanes = new Map<string, SendLane>()
  readonly #limitStuckCalls: LimitFunction
  /** By transaction, how many sends have met its lock and are not settled. */
  readonly #awaited = new Map<string, number>()
  #unsettledCount = 0

  constructor(parts: SendLanesParts) {
    this.#parts = parts
    this.#now = parts.now ?? (() => performance.now())
    this.#limitStuckCalls = pLimit(parts.maxStuckCalls)
    this.#lanes = Array.from({ length: LANE_COUNT }, () =>
      this.#createLane(0, this.#awaited, { onLocked: (job) => this.#await(job) }),
    )
    this.#patientLane = this.#createLane(SHORT_PATIENCE_MS, this.#stuckLanes, {
      onLocked: (job) => this.#stuckLane(job.send.transactionKey).add(job),
    })
  }

  /** @throws {ServiceUnavailableError} when the message is not known to be stored. */
  async send(send: Send): Promise<SendOutcome> {
    const lane = this.#lanes[hash(send.transactionKey) % LANE_COUNT]
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

  #await(job: SendJob): void {
    const { transactionKey } = job.send
    const count = (change: number) => {
      const counted = (this.#awaited.get(transactionKey) ?? 0) + change
      if (counted === 0) this.#awaited.delete(transactionKey)
      else this.#awaited.set(transactionKey, counted)
    }
    count(1)
    const settled = () => count(-1)
    job.outcome.then(settled, settled)
    this.#patientLane.add(job)
  }

  #stuckLane(transactionKey: string): SendLane {
    const existing = this.#stuckLanes.get(transactionKey)
    if (existing) return existing
    const lane = this.#createLane(PATIENCE_MS, new Map(), {
      // It is one lock, and all of the batch have waited for it together: nobody waits for it a second time.
      onLocked: (job) => job.reject(new ServiceUnavailableError()),
      inTurn: (commit) => this.#limitStuckCalls(commit),
      onIdle: () => this.#stuckLanes.delete(transactionKey),
    })
    this.#stuckLanes.set(transactionKey, lane)
    return lane
  }

  #createLane(
    patienceMs: number,
    awaited: ReadonlyMap<string, unknown>,
    parts: Pick<SendLaneParts, 'onLocked' | 'inTurn' | 'onIdle'>,
  ): SendLane {
    const { store, maxBatchSize = MAX_BATCH_SIZE } = this.#parts
    return new SendLane({
      ...parts,
      maxBatchSize,
      now: this.#now,
      store: (sends) => {
        const transactionKeys = new Set(sends.map((send) => send.transactionKey))
        return store.send(sends, { patienceMs, awaited: [...transactionKeys].filter((key) => awaited.has(key)) })
      },
      findStored: (messageIds) => store.findStored(messageIds),
      onCommitted: (messages) => this.#announce(messages),
    })
  }

  #announce(messages: readonly MessageWithSender[]): void {
    try {
      announce(this.#parts.bus, messages)
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

/** One ring a transaction, with all that the commit brought to it. */
function announce(bus: EventBus, messages: readonly MessageWithSender[]): void {
  const entries = new Map<string, LiveEntry[]>()
  for (const message of messages) {
    const known = entries.get(message.transactionKey)
    if (known) known.push(sentEntry(message))
    else entries.set(message.transactionKey, [sentEntry(message)])
  }
  // The database answers in the order of the sends, and so gives positions in that order.
  for (const [transactionKey, sent] of entries) {
    bus.publish('timelineAdvanced', transactionKey, { position: sent.at(-1)?.position ?? 0, entries: sent })
  }
}

function sentEntry(message: MessageWithSender): LiveEntry {
  return {
    transactionKey: message.transactionKey,
    position: message.position,
    kind: 'MESSAGE_SENT',
    actorKey: message.senderKey,
    messageId: message.id,
    userKey: null,
    data: { content: message.content },
    occurredAt: message.createdAt,
    message,
    actor: message.sender,
    user: null,
  }
}
