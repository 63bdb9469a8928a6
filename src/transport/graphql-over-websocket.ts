import { type ExecutionResult, GraphQLError } from 'graphql'
import { CloseCode, makeServer, type Server } from 'graphql-ws'
import { uuidv7 } from 'uuidv7'
import { type Authenticate, bearerToken } from '../auth/authenticate.js'
import type { Viewer } from '../auth/viewer.js'
import { UnauthenticatedError } from '../errors.js'
import type { RequestContext } from '../graphql/context.js'
import { Deadline } from '../graphql/deadline.js'
import type { ErrorFormat } from '../graphql/error-format.js'
import type { Execution } from '../graphql/execution.js'
import { isPrepared, type Pipeline, type PreparedOperation } from '../graphql/pipeline.js'
import { BeginningOperations } from './beginning-operations.js'
import { type ProtocolSocket, TRY_AGAIN_LATER } from './protocol-socket.js'
import { callAt } from './timer.js'

/** What we know of a connection. */
export interface Connection {
  readonly socket: ProtocolSocket
  /** Null until the client has shown a good token. */
  viewer: Viewer | null
  readonly beginning: BeginningOperations
  /** The ids of operations that are not answered to the end yet; of subscriptions those that aren't let through yet. */
  readonly underWay: Set<string>
  /** Called whenever one of them is. */
  onAnswered: () => void
}

/** What is known of a connection that was just opened. */
export function createConnection(socket: ProtocolSocket): Connection {
  return {
    socket,
    viewer: null,
    beginning: new BeginningOperations(),
    underWay: new Set(),
    onAnswered: () => {},
  }
}

/** What graphql-ws hands from one hook to the next. */
interface SocketOperation extends PreparedOperation {
  readonly connection: Connection
  readonly id: string
}

/**
 * Hears that a client has shown a good token.
 *
 * @param close closes the socket with 4403 and a reason, for what happens to the viewer later.
 * @returns called once, when the socket begins to close.
 */
export type OnArrival = (viewer: Viewer, close: (reason: string) => void) => () => void

export interface ProtocolOptions {
  readonly pipeline: Pipeline
  readonly execution: Execution
  readonly authenticate: Authenticate
  readonly onArrival: OnArrival
  readonly formatError: ErrorFormat
}

const CONNECTION_INIT_WITHIN_MS = 3_000

/** GraphQL over WebSocket, as graphql-ws' PROTOCOL.md has it; what is ours about it is in docs/protocol.md. */
export function createProtocol({
  pipeline,
  execution,
  authenticate,
  onArrival,
  formatError,
}: ProtocolOptions): Server<Connection> {
  return makeServer<Record<string, unknown>, Connection>({
    connectionInitWaitTimeout: CONNECTION_INIT_WITHIN_MS,
    async onConnect({ connectionParams, extra }) {
      try {
        extra.viewer = await new Deadline().keep(authenticate(tokenOf(connectionParams)))
      } catch (error) {
        // Refused: 4403, as `false` has it. Otherwise it is we who can't, and the client shall come back.
        if (error instanceof UnauthenticatedError) return false
        extra.socket.log.warn({ err: error }, 'A connection could not be authenticated')
        extra.socket.close(TRY_AGAIN_LATER, 'Try again later')
        return false
      }
      if (!extra.socket.isOpen) return false
      const close = (reason: string) => extra.socket.close(CloseCode.Forbidden, reason)
      const stopExpiry = callAt(extra.viewer.tokenExpiresAt, () => close('Token expired'))
      const leave = onArrival(extra.viewer, close)
      // Whatever became of the socket meanwhile, this is called: a promise tells those too who come late.
      void extra.socket.closing.then(() => {
        stopExpiry()
        leave()
      })
      return true
    },
    async onSubscribe({ extra: connection }, id, payload) {
      const { viewer, beginning } = connection
      // graphql-ws forgets an id at its `complete`; used again before the first has begun, both would run under it.
      if (beginning.has(id)) {
        connection.socket.close(CloseCode.SubscriberAlreadyExists, `Subscriber for ${id} already exists`)
        return [new GraphQLError('The id is in use')]
      }
      connection.underWay.add(id)
      const context = { viewer, requestId: uuidv7(), deadline: new Deadline() }
      const operation = await beginning.add(id, pipeline.prepare(payload, context))
      if (isPrepared(operation)) return { ...operation, connection, id }
      beginning.remove(id)
      answered(connection, id)
      return operation
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
      const { connection, id } = args as SocketOperation
      // It goes on for as long as the client likes: nobody waits for its end.
      answered(connection, id)
      const begun = execution.subscribe(args)
      connection.beginning.listens(id, begun)
      return begun
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

/** `{ authorization: "Bearer …" }` or `{ token: "…" }`. */
function tokenOf(connectionParams: Record<string, unknown> = {}): string {
  const { authorization, token } = connectionParams
  const found = bearerToken(authorization) ?? (typeof token === 'string' ? token : null)
  if (found === null) throw new UnauthenticatedError()
  return found
}
