import type { Logger } from 'pino'
import type { EventBus } from '../../events/event-bus.js'
import { TimelineFollower } from './timeline-follower.js'
import type { TimelineStore } from './timeline-store.js'

/** A follower on loan. Its owner gives it back, once. */
export interface FollowerLease {
  readonly follower: TimelineFollower
  release(): void
}

interface Shared {
  readonly started: Promise<TimelineFollower>
  leases: number
}

/** The followers of this node, one a transaction: started by the first who wants it, stopped after the last. */
export class TimelineFollowers {
  readonly #store: TimelineStore
  readonly #bus: EventBus
  readonly #log: Logger
  readonly #shared = new Map<string, Shared>()

  constructor(store: TimelineStore, bus: EventBus, log: Logger) {
    this.#store = store
    this.#bus = bus
    this.#log = log
  }

  /** How many transactions are followed at this moment. */
  get size(): number {
    return this.#shared.size
  }

  /** @throws when the follower can't be started; then nothing is left behind. */
  async lease(transactionKey: string): Promise<FollowerLease> {
    const shared = this.#shared.get(transactionKey) ?? this.#start(transactionKey)
    shared.leases += 1
    let isReleased = false
    const release = () => {
      if (isReleased) return
      isReleased = true
      shared.leases -= 1
      if (shared.leases === 0) this.#stop(transactionKey, shared)
    }
    try {
      return { follower: await shared.started, release }
    } catch (error) {
      release()
      throw error
    }
  }

  #start(transactionKey: string): Shared {
    const started = TimelineFollower.start(transactionKey, this.#store, this.#bus, this.#log)
    const shared = { started, leases: 0 }
    this.#shared.set(transactionKey, shared)
    return shared
  }

  #stop(transactionKey: string, shared: Shared): void {
    this.#shared.delete(transactionKey)
    shared.started.then(
      (follower) => follower.stop(),
      () => {}, // It never started; whoever wanted it was told.
    )
  }
}
