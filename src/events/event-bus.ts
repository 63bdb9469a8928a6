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
  /** Tells everyone who listens at this moment. Never throws and never waits: the news is a courtesy. */
  publish<Kind extends keyof Topics>(kind: Kind, key: string, event: Topics[Kind]): void

  /**
   * Listens from the moment the promise resolves. A listener that throws is logged and harms no other.
   *
   * @throws when the carrier can't be reached.
   */
  subscribe<Kind extends keyof Topics>(
    kind: Kind,
    key: string,
    listener: (event: Topics[Kind]) => void,
  ): Promise<Unsubscribe>
}
