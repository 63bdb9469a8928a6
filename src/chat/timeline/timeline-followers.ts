import { Outage } from '../outage.js'
import { Regularly } from '../regularly.js'
import { type FollowerParts, NOTHING, TimelineFollower } from './timeline-follower.js'

/** A follower on loan. Its owner gives it back, once. */
export interface FollowerLease {
  readonly follower: TimelineFollower
  release(): void
}

interface Shared {
  readonly started: Promise<TimelineFollower>
  /** Null until it has started. */
  follower: TimelineFollower | null
  leases: number
}

const HEAL_EVERY_MS = 2_000
const QUEUE_CAPACITY = 256

/** The parts of each follower, and how often they are healed; what is left out is as docs/protocol.md has it. */
export interface FollowersOptions extends Omit<FollowerParts, 'queueCapacity'> {
  readonly queueCapacity?: number
  readonly healEveryMs?: number
}

/**
 * The followers of this node, one a transaction: started by the first who wants it, stopped after the last. As long as
 * there are any, the database is asked every 2 s, in one statement, where their timelines stand: so whatever the doorbell
 * lost is late, and not missing.
 */
export class TimelineFollowers {
  readonly #parts: FollowerParts
  readonly #healing: Regularly
  readonly #shared = new Map<string, Shared>()
  readonly #outage: Outage

  constructor({ healEveryMs = HEAL_EVERY_MS, queueCapacity = QUEUE_CAPACITY, ...parts }: FollowersOptions) {
    this.#parts = { ...parts, queueCapacity }
    this.#outage = new Outage(parts.log, 'Where the timelines stand cannot be read')
    this.#healing = new Regularly(healEveryMs, () => this.#heal())
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

  /** Asks where all the timelines stand, and tells their followers. Never throws: while the database is away nothing is told. */
  heal(): Promise<void> {
    return this.#healing.now()
  }

  async #heal(): Promise<void> {
    try {
      const asked = [...this.#shared].flatMap(([transactionKey, { follower }]) =>
        follower ? [{ transactionKey, follower, seen: follower.seen }] : [],
      )
      const heads = await this.#parts.store.heads(asked.map(({ transactionKey }) => transactionKey))
      this.#outage.end()
      for (const { transactionKey, follower, seen } of asked) {
        follower.heal(heads.get(transactionKey) ?? NOTHING, seen)
        if (follower.hasGoneBack) this.#forget(transactionKey, follower)
      }
    } catch (error) {
      this.#outage.note(error)
    }
  }

  #start(transactionKey: string): Shared {
    const started = TimelineFollower.start(transactionKey, this.#parts)
    const shared: Shared = { started, follower: null, leases: 0 }
    started.then(
      (follower) => {
        shared.follower = follower
      },
      () => {}, // Whoever wanted it is told.
    )
    this.#shared.set(transactionKey, shared)
    this.#healing.start()
    return shared
  }

  #stop(transactionKey: string, shared: Shared): void {
    if (this.#shared.get(transactionKey) === shared) this.#remove(transactionKey)
    shared.started.then(
      (follower) => follower.stop(),
      () => {}, // It never started; whoever wanted it was told.
    )
  }

  /** Whoever comes next begins with a new one. */
  #forget(transactionKey: string, follower: TimelineFollower): void {
    if (this.#shared.get(transactionKey)?.follower === follower) this.#remove(transactionKey)
  }

  #remove(transactionKey: string): void {
    this.#shared.delete(transactionKey)
    if (this.#shared.size === 0) this.#healing.stop()
  }
}
