import type { EventBus, Unsubscribe } from '../events/event-bus.js'
import type { Topics } from '../events/topics.js'

type Listener = (event: never) => void

/** The bus of a node by itself: listeners are called before `publish` returns, with the very object that was published. */
export class MemoryEventBus implements EventBus {
  readonly isConnected = true
  readonly #listeners = new Map<string, Set<Listener>>()
  readonly #onListenerError: (error: unknown) => void

  constructor(onListenerError: (error: unknown) => void) {
    this.#onListenerError = onListenerError
  }

  publish<Kind extends keyof Topics>(kind: Kind, key: string, event: Topics[Kind]): void {
    // A copy: whoever begins to listen because of this event doesn't get it.
    for (const listener of [...(this.#listeners.get(`${kind}:${key}`) ?? [])]) {
      try {
        ;(listener as (event: Topics[Kind]) => void)(event)
      } catch (error) {
        this.#onListenerError(error)
      }
    }
  }

  async subscribe<Kind extends keyof Topics>(
    kind: Kind,
    key: string,
    listener: (event: Topics[Kind]) => void,
  ): Promise<Unsubscribe> {
    const topic = `${kind}:${key}`
    // A function of its own, so that the same listener can subscribe twice and unsubscribe once.
    const own: Listener = (event) => listener(event)
    const listeners = this.#listeners.get(topic) ?? new Set()
    this.#listeners.set(topic, listeners.add(own))
    return () => {
      listeners.delete(own)
      if (listeners.size === 0 && this.#listeners.get(topic) === listeners) this.#listeners.delete(topic)
    }
  }
}
