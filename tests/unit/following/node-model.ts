import pino from 'pino'
import type { Viewer } from '../../../src/auth/viewer.js'
import { TimelineFollowers } from '../../../src/chat/timeline/timeline-followers.js'
import { TimelineService } from '../../../src/chat/timeline/timeline-service.js'
import type { TimelineReader, TimelineStore } from '../../../src/chat/timeline/timeline-store.js'
import type { TransactionPolicy } from '../../../src/chat/transaction/transaction-policy.js'
import type { EventBus } from '../../../src/events/event-bus.js'
import type { TimelineAdvanced } from '../../../src/events/topics.js'
import type { Participant, Transaction } from '../../../src/generated/prisma/client.js'
import { createMetrics } from '../../../src/metrics.js'
import { DEAL, type TimelineModel } from './timeline-model.js'

/** Of all models together: nobody looks at them. */
const METRICS = createMetrics()

/** The database is away. */
export class AwayError extends Error {}

/** The newest edit or deletion of each message that somebody on a node was told of, in a step before this. */
export class ToldChanges {
  readonly #told = new Map<string, number>()
  readonly #justNow = new Map<string, number>()

  /** Its position; 0 when nobody was told of any. */
  of(messageId: string): number {
    return this.#told.get(messageId) ?? 0
  }

  hear(messageId: string, position: number): void {
    this.#justNow.set(messageId, Math.max(position, this.#justNow.get(messageId) ?? 0))
  }

  /** What was heard in this step counts from the next on: within a step nobody can say who was first. */
  remember(): void {
    for (const [messageId, position] of this.#justNow) {
      this.#told.set(messageId, Math.max(position, this.of(messageId)))
    }
    this.#justNow.clear()
  }
}

/** How a question to the database is answered: with this many entries at most, or not at all. */
export type Answer = { readonly size: number } | 'AWAY'

export type RingFate = 'once' | 'twice' | 'lost' | 'false'

/** Small, so that it overflows often. */
export const QUEUE_CAPACITY = 5

const NEVER_MS = 2_000_000_000

/**
 * A node that follows the deal, on a database that answers when it is told to and a bus that carries what it is told to,
 * when and as often as it is told to.
 */
export class NodeModel {
  static readonly viewers = {
    reader: { kind: 'USER', user: { key: 'reader' } } as Viewer,
    platform: { kind: 'PLATFORM' } as Viewer,
  }

  readonly followers: TimelineFollowers
  readonly service: TimelineService
  readonly told = new ToldChanges()
  readonly #timeline: TimelineModel
  readonly #listeners = new Set<(news: TimelineAdvanced) => void>()
  #rings: TimelineAdvanced[] = []
  #questions: ((answer: Answer) => void)[] = []

  constructor(timeline: TimelineModel) {
    this.#timeline = timeline
    const store: TimelineReader = {
      heads: (keys) =>
        this.#ask(() => new Map(keys.map((key) => [key, { position: timeline.head, partnerClientId: null }]))),
      read: (stretch) => this.#ask((size) => timeline.read(stretch, size)),
      isUnavailable: (error) => error instanceof AwayError,
    }
    const bus: Pick<EventBus, 'subscribe'> = {
      subscribe: async (_kind, _key, listener) => {
        // Followers listen to nothing else.
        const hear = listener as (news: TimelineAdvanced) => void
        this.#listeners.add(hear)
        return () => void this.#listeners.delete(hear)
      },
    }
    const policy: Pick<TransactionPolicy, 'requireAccess'> = {
      requireAccess: async (viewer) => ({
        // What following looks at; the rest of the rows is nobody's business here.
        transaction: { key: DEAL, timelinePosition: timeline.head } as Transaction,
        seat: viewer.kind === 'USER' ? ({ userKey: 'reader' } as Participant) : null,
        visibility: 'PARTICIPANT',
      }),
    }
    const log = pino({ level: 'silent' })
    this.followers = new TimelineFollowers({
      store,
      bus: bus as EventBus,
      log,
      healEveryMs: NEVER_MS,
      queueCapacity: QUEUE_CAPACITY,
    })
    this.service = new TimelineService({
      timelines: store as TimelineStore,
      followers: this.followers,
      transactionPolicy: policy as TransactionPolicy,
      metrics: METRICS,
      maxPageSize: 100,
    })
  }

  /** How many listen to the bus. */
  get listenerCount(): number {
    return this.#listeners.size
  }

  /** How many questions the database has not answered yet. */
  get questionCount(): number {
    return this.#questions.length
  }

  /** Something was committed: its ring is on the way. */
  expectRing(ring: TimelineAdvanced): void {
    this.#rings.push(ring)
  }

  /** One of the rings that are on the way arrives, is lost, arrives and is still on the way, or is one that nobody meant. */
  ring(pick: number, how: RingFate): void {
    if (how === 'false') this.#hear({ position: this.#timeline.head + 1 + pick, entries: [] })
    const ring = how === 'false' ? undefined : this.#rings[pick % Math.max(1, this.#rings.length)]
    if (!ring) return
    if (how !== 'twice') this.#rings = this.#rings.filter((candidate) => candidate !== ring)
    if (how !== 'lost') this.#hear(ring)
  }

  #hear(ring: TimelineAdvanced): void {
    for (const listener of [...this.#listeners]) listener(ring)
  }

  /** The database answers one of the questions that were asked of it, with how things are at this moment. */
  answer(pick: number, answer: Answer): void {
    const [question] = this.#questions.splice(pick % Math.max(1, this.#questions.length), 1)
    question?.(answer)
  }

  answerAll(answer: Answer): void {
    for (const question of this.#questions.splice(0)) question(answer)
  }

  #ask<Result>(read: (size: number) => Result): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#questions.push((answer) => (answer === 'AWAY' ? reject(new AwayError()) : resolve(read(answer.size))))
    })
  }
}
