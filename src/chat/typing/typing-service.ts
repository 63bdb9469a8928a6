import type { Logger } from 'pino'
import type { UserViewer, Viewer } from '../../auth/viewer.js'
import type { EventBus } from '../../events/event-bus.js'
import type { User } from '../../generated/prisma/client.js'
import { Loans } from '../loans.js'
import { PassingSubscription } from '../timeline/passing-subscription.js'
import { whoLeft } from '../timeline/timeline.js'
import type { TimelineService } from '../timeline/timeline-service.js'
import type { TransactionPolicy } from '../transaction/transaction-policy.js'
import { Turns } from '../turns.js'
import { OwnTypists } from './own-typists.js'
import { REPEAT_WITHIN_MS, TYPING_FOR_MS, type TypingEvent } from './typing.js'
import type { TypingStore } from './typing-store.js'
import { TypingWatch } from './typing-watch.js'

/** Who is typing. All of it passes by itself. */
export class TypingService {
  readonly #typing: TypingStore
  readonly #transactionPolicy: TransactionPolicy
  readonly #timeline: TimelineService
  readonly #bus: EventBus
  readonly #log: Pick<Logger, 'error'>
  readonly #watches: Loans<TypingWatch>
  readonly #own = new OwnTypists()
  /** By person: who says that they type and at once sends, or is gone, must not be shown to type on. */
  readonly #turns = new Turns()

  constructor(parts: {
    typing: TypingStore
    transactionPolicy: TransactionPolicy
    timeline: TimelineService
    bus: EventBus
    log: Pick<Logger, 'error'>
  }) {
    this.#typing = parts.typing
    this.#transactionPolicy = parts.transactionPolicy
    this.#timeline = parts.timeline
    this.#bus = parts.bus
    this.#log = parts.log
    this.#watches = new Loans({ start: (transactionKey) => TypingWatch.start(transactionKey, parts) })
  }

  /**
   * Says that the viewer is typing, or isn't any more. The same `true` again within 2 s is dropped; a `false` never is.
   *
   * @returns when it goes out by itself; null when it was put out.
   * @throws {NotFoundError}
   */
  async set(typist: UserViewer, transactionKey: string, isTyping: boolean): Promise<Date | null> {
    const { user } = typist
    return this.#turns.take(user.key, async () => {
      await this.#transactionPolicy.requireAccess(typist, transactionKey)
      if (isTyping) return this.#light(user, transactionKey)
      this.#own.remove(transactionKey, user.key)
      await this.#typing.release(transactionKey, user.key)
      this.#bus.publish('typingChanged', transactionKey, { user, expiresAt: null })
      return null
    })
  }

  /** Somebody has sent a message: what they typed is said. Never throws, and nobody waits for it. */
  noteSent(sender: User, transactionKey: string): void {
    const goOut = () => this.#goOut(sender, transactionKey, this.#own.remove(transactionKey, sender.key))
    this.#turns
      .take(sender.key, goOut)
      .catch((error) => this.#log.error({ err: error }, 'Who has sent a message may be shown to type on'))
  }

  /** Puts out all that a person is typing as far as this node was told: nobody of theirs is connected any more. */
  stopAll(userKey: string): Promise<void> {
    return this.#turns.take(userKey, async () => {
      const typing = this.#own.removeAll(userKey)
      await Promise.all(typing.map(({ user, transactionKey }) => this.#goOut(user, transactionKey, true)))
    })
  }

  /** Who is typing in each of these transactions. The caller has made sure that the viewer may see them. */
  async typists(transactionKeys: readonly string[]): Promise<User[][]> {
    const typists = await this.#typing.typists(transactionKeys)
    return typists.map((inOne) => inOne.map(({ user }) => user))
  }

  /**
   * Tells of who begins to type, goes on, and stops, from when this call returned; of who was typing already, that they
   * stop. It ends with NOT_FOUND when the viewer loses access.
   *
   * @throws {NotFoundError} when there is no such transaction or the viewer may not see it.
   */
  async follow(viewer: Viewer, transactionKey: string): Promise<PassingSubscription<TypingEvent>> {
    const timeline = await this.#timeline.follow(viewer, transactionKey, { kinds: ['PARTICIPANT_LEFT'] })
    try {
      const { thing: watch, release } = await this.#watches.borrow(transactionKey)
      const values = watch.join()
      return new PassingSubscription({
        values,
        timeline,
        onEntry: (entry) => {
          const left = whoLeft(entry)
          if (left !== null) watch.putOut(left)
        },
        release: () => {
          watch.leave(values)
          release()
        },
      })
    } catch (error) {
      await timeline.return()
      throw error
    }
  }

  async #light(user: User, transactionKey: string): Promise<Date> {
    // Asked of the leases, for the person may have said it to another node.
    const current = await this.#typing.expiryOf(transactionKey, user.key)
    const expiresAt = new Date(Date.now() + TYPING_FOR_MS)
    if (current && current.getTime() > expiresAt.getTime() - REPEAT_WITHIN_MS) return current
    this.#own.add({ user, transactionKey, expiresAt })
    await this.#typing.hold(transactionKey, user.key)
    this.#bus.publish('typingChanged', transactionKey, { user, expiresAt })
    return expiresAt
  }

  /** Says that somebody stopped, if they were typing: here, or as another node was told. */
  async #goOut(user: User, transactionKey: string, wasTypingHere: boolean): Promise<void> {
    const wasTyping = await this.#typing.release(transactionKey, user.key)
    if (wasTyping || wasTypingHere) this.#bus.publish('typingChanged', transactionKey, { user, expiresAt: null })
  }
}
