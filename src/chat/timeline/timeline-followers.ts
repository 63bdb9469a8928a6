import { type Loan, Loans } from '../loans.js'
import { Outage } from '../outage.js'
import { Regularly } from '../regularly.js'
import { type FollowerParts, NOTHING, TimelineFollower } from './timeline-follower.js'
import type { TimelineReader } from './timeline-store.js'

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
  readonly #store: TimelineReader
  readonly #healing: Regularly
  readonly #followers: Loans<TimelineFollower>
  readonly #outage: Outage

  constructor({ healEveryMs = HEAL_EVERY_MS, queueCapacity = QUEUE_CAPACITY, ...parts }: FollowersOptions) {
    this.#store = parts.store
    this.#followers = new Loans({
      start: (transactionKey) => TimelineFollower.start(transactionKey, { ...parts, queueCapacity }),
      onEmpty: () => this.#healing.stop(),
    })
    this.#outage = new Outage(parts.log, 'Where the timelines stand cannot be read')
    this.#healing = new Regularly(healEveryMs, () => this.#heal())
  }

  /** How many transactions are followed at this moment. */
  get size(): number {
    return this.#followers.size
  }

  /** @throws when the follower can't be started; then nothing is left behind. */
  borrow(transactionKey: string): Promise<Loan<TimelineFollower>> {
    this.#healing.start()
    return this.#followers.borrow(transactionKey)
  }

  /** Asks where all the timelines stand, and tells their followers. Never throws: while the database is away nothing is told. */
  heal(): Promise<void> {
    return this.#healing.now()
  }

  async #heal(): Promise<void> {
    try {
      const asked = [...this.#followers].map(([transactionKey, follower]) => ({
        transactionKey,
        follower,
        seen: follower.seen,
      }))
      const heads = await this.#store.heads(asked.map(({ transactionKey }) => transactionKey))
      this.#outage.end()
      for (const { transactionKey, follower, seen } of asked) {
        follower.heal(heads.get(transactionKey) ?? NOTHING, seen)
        // Its timeline was put back: nobody else may join it.
        if (follower.hasGoneBack) this.#followers.forget(transactionKey, follower)
      }
    } catch (error) {
      this.#outage.note(error)
    }
  }
}
