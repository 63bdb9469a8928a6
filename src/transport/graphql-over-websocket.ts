import { type ExecutionResult, GraphQLError, OperationTypeNode } from 'graphql'
import { CloseCode, makeServer, type Server } from 'graphql-ws'
import { uuidv7 } from 'uuidv7'
import type { Admit } from '../auth/admit.js'
import { bearerToken } from '../auth/authenticate.js'
import type { Viewer } from '../auth/viewer.js'
import type { Limits } from '../config-limits.js'
import { RateLimitedError, UnauthenticatedError } from '../errors.js'
import type { RequestContext } from '../graphql/context.js'
import { Deadline } from '../graphql/deadline.js'
import type { ErrorFormat } from '../graphql/error-format.js'
import type { Execution } from '../graphql/execution.js'
import { isPrepared, type Pipeline, type PreparedOperation } from '../graphql/pipeline.js'
import type { Metrics } from '../metrics.js'
import { within } from '../within.js'
import { BeginningOperations } from './beginning-operations.js'
import { type ProtocolSocket, TRY_AGAIN_LATER } from './protocol-socket.js'
import { SubscriptionSlots, untilEnd } from './subscription-slots.js'
import { callAt } from './timer.js'

/** What we know of a connection. */
export interface Connection {
  readonly socket: ProtocolSocket
  /** From where it came. */
  readonly address: string
  /** Null until the client has shown a good token. */
  viewer: Viewer | null
  readonly beginning: BeginningOperations
  readonly slots: SubscriptionSlots
  /** The ids of operations that are not answered to the end yet; of subscriptions those that aren't let through yet. */
  readonly underWay: Set<string>
  /** Called whenever one of them is. */
  onAnswered: () => void
}

/** What is known of a connection that was just opened. */
export function createConnection(
  socket: ProtocolSocket,
  { address, maxSubscriptionsPerSocket }: { address: string; maxSubscriptionsPerSocket: number },
): Connection {
  return {
    socket,
    address,
    viewer: null,
    beginning: new BeginningOperations(),
    slots: new SubscriptionSlots(maxSubscriptionsPerSocket),
    underWay: new Set(),
    onAnswered: () => {},
  }
}

/** What graphql-ws hands from one hook to the next. */
interface SocketOperation extends PreparedOperation {
  readonly connection: Connection
  readonly id: string
  /** Gives back what a subscription takes. */
  readonly release: () => void
}

/** Somebody who has come. */
export interface Arrival {
  /** Whether they may stay: false when they have as many sockets as they may. Never rejects. */
  readonly isAdmitted: Promise<boolean>
  /** To be called once, when the socket begins to close, admitted or not. */
  leave(): void
}

/**
 * Hears that a client has shown a good token.
 *
 * @param close closes the socket with 4403 and a reason, for what happens to the viewer later.
 */
export type OnArrival = (viewer: Viewer, close: (reason: string) => void) => Arrival

export interface ProtocolOptions {
  readonly pipeline: Pipeline
  readonly execution: Execution
  readonly admit: Admit
  readonly onArrival: OnArrival
  readonly formatError: ErrorFormat
  readonly limits: Pick<
    Limits,
    'connectionInitTimeoutMs' | 'connectionAckTimeoutMs' | 'executionTimeoutMs' | 'maxSubscriptionsPerSocket'
  >
  readonly metrics: Pick<Metrics, 'rateLimited'>
}

/** GraphQL over WebSocket, as graphql-ws' PROTOCOL.md has it; what is ours about it is in docs/protocol.md. */
export function createProtocol({
  pipeline,
  execution,
  admit,
  onArrival,
  formatError,
  limits,
  metrics,
}: ProtocolOptions): Server<Connection> {
  /** Whether the client may stay. When it may not, the socket is closing. */
  const welcome = async (connection: Connection, token: string | null): Promise<boolean> => {
    const { socket, address } = connection
    try {
      connection.viewer = await new Deadline(limits.executionTimeoutMs).keep(admit(token, address))
    } catch (error) {
      if (error instanceof UnauthenticatedError) socket.close(CloseCode.Forbidden, 'Forbidden')
      else if (error instanceof RateLimitedError) {
        // As if it were only refused: a client that has a better token, behind the same address, comes back with it.
        socket.close(CloseCode.Forbidden, 'Too many failed authentications')
      } else {
        // It is we who can't, and the client shall come back.
        socket.log.warn({ err: error }, 'A connection could not be authenticated')
        socket.close(TRY_AGAIN_LATER, 'Try again later')
      }
    }
    if (!connection.viewer || !socket.isOpen) return false
    const close = (reason: string) => socket.close(CloseCode.Forbidden, reason)
    const stopExpiry = callAt(connection.viewer.tokenExpiresAt, () => close('Token expired'))
    const arrival = onArrival(connection.viewer, close)
    // Whatever became of the socket meanwhile, this is called: a promise tells those too who come late.
    void socket.closing.then(() => {
      stopExpiry()
      arrival.leave()
    })
    const isAdmitted = await arrival.isAdmitted
    if (isAdmitted || !socket.isOpen) return socket.isOpen
    metrics.rateLimited.inc({ limit: 'sockets' })
    socket.close(TRY_AGAIN_LATER, 'Too many sockets')
    return false
  }
  return makeServer<Record<string, unknown>, Connection>({
    connectionInitWaitTimeout: limits.connectionInitTimeoutMs,
    async onConnect({ connectionParams, extra }) {
      const isWelcome = await within(limits.connectionAckTimeoutMs, welcome(extra, tokenOf(connectionParams)))
      if (isWelcome === undefined)
        extra.socket.close(CloseCode.ConnectionAcknowledgementTimeout, 'Not acknowledged in time')
      return isWelcome ?? false
    },
    async onSubscribe({ extra: connection }, id, payload) {
      const { viewer, beginning } = connection
      // graphql-ws forgets an id at its `complete`; used again before the first has begun, both would run under it.
      if (beginning.has(id)) {
        connection.socket.close(CloseCode.SubscriberAlreadyExists, `Subscriber for ${id} already exists`)
        return [new GraphQLError('The id is in use')]
      }
      connection.underWay.add(id)
      const context = { viewer, requestId: uuidv7(), deadline: new Deadline(limits.executionTimeoutMs) }
      const operation = await beginning.add(id, pipeline.prepare(payload, context))
      const release = isSubscription(operation) ? connection.slots.take() : () => {}
      if (isPrepared(operation) && release) return { ...operation, connection, id, release }
      beginning.remove(id)
      answered(connection, id)
      if (!isPrepared(operation)) return operation
      metrics.rateLimited.inc({ limit: 'subscriptions' })
      return [tooManySubscriptions(limits.maxSubscriptionsPerSocket)]
    },
    onComplete: ({ extra }, id) => answered(extra, id),
    onOperation: ({ extra }, id) => extra.beginning.remove(id),
    execute(args) {
      const { connection, id, contextValue } = args as SocketOperation
      // What was asked for earlier listens by now: who subscribes first and then reads misses nothing in between.
      const begun = contextValue.deadline.keep(connection.beginning.begunBefore(id))
      return begun.then(() => execution.execute(args), refused)
    },
    subscribe(args) {
      const { connection, id, release } = args as SocketOperation
      // It goes on for as long as the client likes: nobody waits for its end.
      answered(connection, id)
      const begun = execution.subscribe(args)
      connection.beginning.listens(id, begun)
      return begun.then((results) => untilEnd(results, release))
    },
    onNext: (_context, _id, _payload, { contextValue }, { errors, data }) => {
      if (!errors) return undefined
      const { requestId } = contextValue as RequestContext
      const formatted = errors.map((error) => formatError(error, requestId).toJSON())
      return data === undefined ? { errors: formatted } : { data, errors: formatted }
    },
    // What a subscription threw comes wrapped once more, which would hide that the caller is at fault.
    onError({ extra }, id, _payload, errors) {
      extra.beginning.remove(id)
      return errors.map((error) => formatError(error.originalError ?? error, uuidv7()).toJSON())
    },
  })
}

function answered(connection: Connection, id: string): void {
  if (connection.underWay.delete(id)) connection.onAnswered()
}

function refused(error: Error): ExecutionResult {
  return { errors: [new GraphQLError('Not executed', { originalError: error })] }
}

function isSubscription(operation: PreparedOperation | readonly GraphQLError[]): boolean {
  return isPrepared(operation) && operation.type === OperationTypeNode.SUBSCRIPTION
}

function tooManySubscriptions(limit: number): GraphQLError {
  const originalError = new RateLimitedError('subscriptions on this socket', limit, 'end one first')
  return new GraphQLError('', { originalError })
}

/** `{ authorization: "Bearer …" }` or `{ token: "…" }`; null when it is neither. */
function tokenOf({ authorization, token }: Record<string, unknown> = {}): string | null {
  return bearerToken(authorization) ?? (typeof token === 'string' ? token : null)
}
