import type { EventBus, Unsubscribe } from '../../events/event-bus.js'
import { LatestValues } from '../../events/latest-values.js'
import type { TypingChanged } from '../../events/topics.js'
import { TYPING_FOR_MS, type TypingEvent, type Typist } from './typing.js'
import type { TypingStore } from './typing-store.js'

export interface WatchParts {
  readonly typing: Pick<TypingStore, 'typists'>
  readonly bus: EventBus
}

/**
 * Who is typing in one transaction, as far as this node knows, for all who listen there. Each person goes out by themselves:
 * nobody has to say so.
 */
export class TypingWatch {
  readonly #typists = new Map<string, Typist & { readonly timer: NodeJS.Timeout }>()
  readonly #listeners = new Set<LatestValues<string, TypingEvent>>()
  /** Of whom the bus has told while it starts: what is read of them may be older. */
  readonly #heardOf = new Set<string>()
  #isStarting = true
  #isStopped = false
  #unsubscribe: Unsubscribe = () => {}

  private constructor() {}

  /**
   * Begins to listen, then reads who is typing already. Nobody is told of those, until they go out.
   *
   * @throws when that can't be read; then nothing is left behind.
   */
  static async start(transactionKey: string, { bus, typing }: WatchParts): Promise<TypingWatch> {
    const watch = new TypingWatch()
    watch.#unsubscribe = await bus.subscribe('typingChanged', transactionKey, (news) => watch.#hear(news))
    try {
      const [typists = []] = await typing.typists([transactionKey])
      for (const typist of typists) if (!watch.#heardOf.has(typist.user.key)) watch.#light(typist)
    } catch (error) {
      watch.stop()
      throw error
    }
    watch.#isStarting = false
    watch.#heardOf.clear()
    return watch
  }

  /** What changes from now on, of each person the latest. */
  join(): LatestValues<string, TypingEvent> {
    const values = new LatestValues<string, TypingEvent>()
    this.#listeners.add(values)
    return values
  }

  leave(values: LatestValues<string, TypingEvent>): void {
    this.#listeners.delete(values)
  }

  /** A person isn't typing any more; nothing if they weren't. */
  putOut(userKey: string): void {
    const typist = this.#typists.get(userKey)
    if (!typist) return
    clearTimeout(typist.timer)
    this.#typists.delete(userKey)
    this.#tell({ user: typist.user, isTyping: false, expiresAt: null })
  }

  stop(): void {
    this.#isStopped = true
    this.#unsubscribe()
    for (const { timer } of this.#typists.values()) clearTimeout(timer)
    this.#typists.clear()
  }

  #hear({ user, expiresAt }: TypingChanged): void {
    if (this.#isStarting) this.#heardOf.add(user.key)
    if (expiresAt === null) {
      this.putOut(user.key)
      return
    }
    const known = this.#typists.get(user.key)
    // The same again, or from before the last that we heard.
    if (known && expiresAt <= known.expiresAt) return
    this.#light({ user, expiresAt })
  }

  #light({ user, expiresAt }: Typist): void {
    const leftMs = expiresAt.getTime() - Date.now()
    if (this.#isStopped || leftMs <= 0) return
    clearTimeout(this.#typists.get(user.key)?.timer)
    // Another node's clock may be ahead of ours.
    const timer = setTimeout(() => this.putOut(user.key), Math.min(leftMs, TYPING_FOR_MS)).unref()
    this.#typists.set(user.key, { user, expiresAt, timer })
    this.#tell({ user, isTyping: true, expiresAt })
  }

  #tell(event: TypingEvent): void {
    for (const values of this.#listeners) values.set(event.user.key, event)
  }
}
