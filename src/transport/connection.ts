import type { Viewer } from '../auth/viewer.js'
import type { Limits } from '../config/limits.js'
import { BeginningOperations } from './beginning-operations.js'
import type { ProtocolSocket } from './protocol-socket.js'
import { SubscriptionSlots } from './subscription-slots.js'

/** What we know of a connection. */
export interface Connection {
  readonly socket: ProtocolSocket
  /** From where it came. */
  readonly address: string
  /** Null until the client has shown a good token. */
  viewer: Viewer | null
  readonly beginning: BeginningOperations
  readonly slots: SubscriptionSlots
  /** The ids that are in use: from `subscribe` until all is over that graphql-ws does for the operation. */
  readonly ids: Set<string>
  /** The ids of operations that are not answered to the end yet; of subscriptions those that aren't let through yet. */
  readonly underWay: Set<string>
  /** Called whenever one of them is. */
  onAnswered: () => void
}

/** What is known of a connection that was just opened. */
export function createConnection(
  socket: ProtocolSocket,
  { address, limits }: { address: string; limits: Pick<Limits, 'maxSubscriptionsPerSocket'> },
): Connection {
  return {
    socket,
    address,
    viewer: null,
    beginning: new BeginningOperations(),
    slots: new SubscriptionSlots(limits.maxSubscriptionsPerSocket),
    ids: new Set(),
    underWay: new Set(),
    onAnswered: () => {},
  }
}

/** All is over but the very last step of graphql-ws, which comes before this takes effect. */
export function free({ ids }: Connection, id: string): void {
  setImmediate(() => ids.delete(id))
}

/** An operation is answered to the end, or a subscription let through. */
export function answered(connection: Connection, id: string): void {
  if (connection.underWay.delete(id)) connection.onAnswered()
}
