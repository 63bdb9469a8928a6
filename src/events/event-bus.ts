import type { Topics } from './topics.js'

/** Stops a listener; calling it again does nothing. */
export type Unsubscribe = () => void

/**
 * Carries news between the parts of the service, and between nodes where there are several.
 *
 * It promises little: what is published may come late, twice, in another order or never. Who listens asks the
 * database for what is missing.
 */
export interface EventBus {
  /** Whether news goes to the other nodes at this moment, and comes from them; true where there are none. */
  readonly isConnected: boolean

  /** Tells everyone who listens at this moment. Never throws and never waits: the news is a courtesy. */
  publish<Kind extends keyof Topics>(kind: Kind, key: string, event: Topics[Kind]): void

  /**
   * Listens. Once the promise resolves, what is published on this node is heard, and so is what others publish, as long
   * as the bus is connected. It never waits for a carrier that is away: there it is made good when that is back. It never
   * rejects. A listener that throws is logged and harms no other.
   */
  subscribe<Kind extends keyof Topics>(
    kind: Kind,
    key: string,
    listener: (event: Topics[Kind]) => void,
  ): Promise<Unsubscribe>
}
