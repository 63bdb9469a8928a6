import type { Logger } from 'pino'
import type { EventBus, Unsubscribe } from '../../events/event-bus.js'
import { Outage } from '../outage.js'
import { Regularly } from '../regularly.js'
import { InboxReader } from './inbox-reader.js'
import type { InboxStore } from './inbox-store.js'
import { InboxSubscription } from './inbox-subscription.js'

const HEAL_EVERY_MS = 2_000

export interface InboxWatchOptions {
  readonly store: Pick<InboxStore, 'read' | 'stamps' | 'fingerprints' | 'isUnavailable'>
  readonly bus: EventBus
  readonly log: Pick<Logger, 'warn'>
  readonly healEveryMs?: number
  /** Milliseconds that only grow. */
  readonly now?: () => number
}

/** A user with somebody who listens for them. */
interface Listened {
  readonly subscriptions: Set<InboxSubscription>
  readonly listening: Promise<Unsubscribe>
}

/**
 * The listeners of this node, by user. All of a user share one subscription of the bus. As long as there are any, the
 * database is asked every 2 s, in one statement for all users, what their lists come to; only the lists that are not as
 * they were told are read. So whatever the doorbell lost is late, and not missing.
 */
export class InboxWatch {
  readonly #options: InboxWatchOptions
  readonly #reader: InboxReader
  readonly #healing: Regularly
  readonly #users = new Map<string, Listened>()
  readonly #outage: Outage

  constructor(options: InboxWatchOptions) {
    this.#options = options
    this.#reader = new InboxReader(options.store)
    this.#outage = new Outage(options.log, 'How the inboxes are cannot be read')
    this.#healing = new Regularly(options.healEveryMs ?? HEAL_EVERY_MS, () => this.#heal())
  }

  /** For how many users somebody listens at this moment. */
  get size(): number {
    return this.#users.size
  }

  /**
   * Tells of the user's transactions what comes after this call returned.
   *
   * @throws when it can't begin; then nothing is left behind.
   */
  async subscribe(userKey: string): Promise<InboxSubscription> {
    const { store, now = () => performance.now() } = this.#options
    const listened = this.#users.get(userKey) ?? this.#listen(userKey)
    const subscription = new InboxSubscription({
      read: (transactionKeys) => this.#reader.read(userKey, transactionKeys),
      isPassing: (error) => this.#isPassing(error),
      onEnd: () => this.#leave(userKey, listened, subscription),
      now,
    })
    listened.subscriptions.add(subscription)
    try {
      // First the doorbell, then how things stand: what comes in between is not missed.
      await listened.listening
      subscription.begin((await store.stamps([userKey])).get(userKey) ?? new Map())
      return subscription
    } catch (error) {
      await subscription.return()
      throw error
    }
  }

  /** Asks how all the lists are, and tells those to whom it is news. Never throws: while the database is away nothing is told. */
  async #heal(): Promise<void> {
    try {
      const { store } = this.#options
      const asked = [...this.#users]
      const fingerprints = await store.fingerprints(asked.map(([userKey]) => userKey))
      const differing = asked.flatMap(([userKey, { subscriptions }]) =>
        [...subscriptions].flatMap((subscription) =>
          subscription.fingerprint === (fingerprints.get(userKey) ?? 0n) ? [] : [{ userKey, subscription }],
        ),
      )
      if (differing.length > 0) {
        const stamps = await store.stamps([...new Set(differing.map(({ userKey }) => userKey))])
        for (const { userKey, subscription } of differing) subscription.heal(stamps.get(userKey) ?? new Map())
      }
      this.#outage.end()
    } catch (error) {
      this.#outage.note(error)
    }
  }

  #isPassing(error: unknown): boolean {
    if (!this.#options.store.isUnavailable(error)) return false
    this.#outage.note(error)
    return true
  }

  #listen(userKey: string): Listened {
    const subscriptions = new Set<InboxSubscription>()
    const listening = this.#options.bus.subscribe('inboxChanged', userKey, ({ transactionKey }) => {
      for (const subscription of subscriptions) subscription.mark(transactionKey)
    })
    const listened = { subscriptions, listening }
    this.#users.set(userKey, listened)
    this.#healing.start()
    return listened
  }

  #leave(userKey: string, { subscriptions, listening }: Listened, subscription: InboxSubscription): void {
    subscriptions.delete(subscription)
    if (subscriptions.size > 0) return
    this.#users.delete(userKey)
    if (this.#users.size === 0) this.#healing.stop()
    void listening.then((unsubscribe) => unsubscribe())
  }
}
