import pino from 'pino'
import { TimelineFollowers } from '../../../src/chat/timeline/timeline-followers.js'
import type { TimelineReader } from '../../../src/chat/timeline/timeline-store.js'
import { TimelineSubscription } from '../../../src/chat/timeline/timeline-subscription.js'
import { NotFoundError } from '../../../src/errors.js'
import type { LiveEntry } from '../../../src/events/topics.js'
import { createMetrics } from '../../../src/metrics.js'
import { MemoryEventBus } from '../../../src/platform/memory-event-bus.js'

/** A deal in which nothing happens but that people leave; the bus brings it along. */
export class Departures {
  readonly bus = new MemoryEventBus((error) => {
    throw error
  })
  readonly followers: TimelineFollowers
  readonly #store: TimelineReader
  readonly #entries: LiveEntry[] = []

  constructor() {
    this.#store = {
      heads: async (keys) =>
        new Map(keys.map((key) => [key, { position: this.#entries.length, partnerClientId: null }])),
      read: async ({ after, upTo }) => ({ entries: this.#entries.slice(after, upTo), position: upTo }),
      isUnavailable: () => false,
    }
    this.followers = new TimelineFollowers({
      store: this.#store,
      bus: this.bus,
      log: pino({ enabled: false }),
      healEveryMs: 2_000_000_000,
    })
  }

  /** Follows it as this person, whose own departure ends it. */
  async follow(userKey: string): Promise<TimelineSubscription> {
    const { thing: follower, release } = await this.followers.borrow('deal')
    return new TimelineSubscription(
      { follower, release, store: this.#store, metrics: createMetrics() },
      {
        transactionKey: 'deal',
        after: this.#entries.length,
        kinds: ['PARTICIPANT_LEFT'],
        readerKey: userKey,
        partner: null,
        guard: {
          kinds: ['PARTICIPANT_LEFT'],
          check: (entry) => {
            if (entry.userKey === userKey) throw new NotFoundError('transaction', 'transactionId')
          },
        },
      },
    )
  }

  leave(userKey: string): void {
    const position = this.#entries.length + 1
    const entry: LiveEntry = {
      transactionKey: 'deal',
      position,
      kind: 'PARTICIPANT_LEFT',
      actorKey: null,
      messageId: null,
      userKey,
      data: { role: 'SELLER' },
      occurredAt: new Date(),
      message: null,
      actor: null,
      user: null,
    }
    this.#entries.push(entry)
    this.bus.publish('timelineAdvanced', 'deal', { position, entries: [entry] })
  }
}
