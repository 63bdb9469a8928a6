import { type ExecutionArgs, type ExecutionResult, GraphQLError } from 'graphql'
import { CloseCode, makeServer, type Server, type SubscribePayload } from 'graphql-ws'
import type { Logger } from 'pino'
import { uuidv7 } from 'uuidv7'
import { type Authenticate, bearerToken } from '../auth/authenticate.js'
import type { Viewer } from '../auth/viewer.js'
import { UnauthenticatedError } from '../errors.js'
import type { RequestContext } from '../graphql/context.js'
import { Deadline } from '../graphql/deadline.js'
import type { ErrorFormat } from '../graphql/error-format.js'
import type { Execution } from '../graphql/execution.js'
import type { Pipeline, TransportContext } from '../graphql/pipeline.js'
import { type ProtocolSocket, TRY_AGAIN_LATER } from './protocol-socket.js'
import { callAt } from './timer.js'

/** What we know of a connection. */
export interface Connection {
  readonly socket: ProtocolSocket
  /** Null until the client has shown a good token. */
  viewer: Viewer | null
  /** The ids of operations that are on their way from `subscribe` to their first step. */
  readonly starting: Set<string>
  /** Subscriptions that haven't begun to listen yet. */
  readonly beginning: Set<Promise<unknown>>
  /** The ids of queries and mutations that are not answered to the end yet. */
  readonly underWay: Set<string>
  /** Called whenever one of them is. */
  onAnswered: () => void
}

/** What is known of a connection that was just opened. */
export function createConnection(socket: ProtocolSocket): Connection {
  return {
    socket,
    viewer: null,
    starting: new Set(),
    beginning: new Set(),
    underWay: new Set(),
    onAnswered: () => {},
  }
}

/** What graphql-ws hands from one hook to the next. */
interface SocketOperation extends ExecutionArgs {
  readonly contextValue: TransportContext
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
  readonly log: Logger
}

const CONNECTION_INIT_WITHIN_MS = 3_000

/** GraphQL over WebSocket, as graphql-ws' PROTOCOL.md has it; what is ours about it is in docs/protocol.md. */
export function createProtocol({
  pipeline,
  execution,
  authenticate,
  onArrival,
  formatError,
  log,
}: ProtocolOptions): Server<Connection> {
  return makeServer<Record<string, unknown>, Connection>({
    connectionInitWaitTimeout: CONNECTION_INIT_WITHIN_MS,
    async onConnect({ connectionParams, extra }) {
      try {
        extra.viewer = await new Deadline().keep(authenticate(tokenOf(connectionParams)))
      } catch (error) {
        // Refused: 4403, as `false` has it. Otherwise it is we who can't, and the client shall come back.
        if (error instanceof UnauthenticatedError) return false
        log.warn({ err: error }, 'A connection could not be authenticated')
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
    onSubscribe({ extra }, id, payload) {
      // graphql-ws forgets an id at its `complete`; used again before the first has started, both would run under it.
      if (extra.starting.has(id)) {
        extra.socket.close(CloseCode.SubscriberAlreadyExists, `Subscriber for ${id} already exists`)
        return [new GraphQLError('The id is in use')]
      }
      extra.starting.add(id)
      return prepare(pipeline, extra, id, payload)
    },
    onComplete({ extra }, id) {
      if (extra.underWay.delete(id)) extra.onAnswered()
    },
    onOperation: ({ extra }, id) => void extra.starting.delete(id),
    execute(args) {
      const { connection, id, contextValue } = args as SocketOperation
      connection.underWay.add(id)
      // What was asked for earlier listens by now: who subscribes first and then reads misses nothing in between.
      const begun = contextValue.deadline.keep(Promise.allSettled(connection.beginning))
      return begun.then(() => execution.execute(args), refused)
    },
    subscribe(args) {
      const { connection } = args as SocketOperation
      return among(connection.beginning, execution.subscribe(args))
    },
    onNext: (_context, _id, _payload, { contextValue }, { errors, data }) => {
      if (!errors) return undefined
      const { requestId } = contextValue as RequestContext
      const formatted = errors.map((error) => formatError(error, requestId).toJSON())
      return data === undefined ? { errors: formatted } : { data, errors: formatted }
    },
    // What a subscription threw comes wrapped once more, which would hide that the caller is at fault.
    onError({ extra }, id, _payload, errors) {
      extra.starting.delete(id)
      return errors.map((error) => formatError(error.originalError ?? error, uuidv7()).toJSON())
    },
  })
}

/** Counts work among what is going on, until it is done. */
function among<Result>(going: Set<Promise<unknown>>, work: Promise<Result>): Promise<Result> {
  going.add(work)
  const done = () => void going.delete(work)
  work.then(done, done)
  return work
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

/** Takes an operation through the same steps as HTTP does. Errors are for this operation alone; the socket lives on. */
function prepare(
  pipeline: Pipeline,
  connection: Connection,
  id: string,
  payload: SubscribePayload,
): SocketOperation | readonly GraphQLError[] {
  const { viewer } = connection
  const deadline = new Deadline()
  const contextValue: TransportContext = { viewer, requestId: uuidv7(), deadline, transport: 'WEBSOCKET' }
  const { schema, parse, validate } = pipeline.getEnveloped(contextValue)
  try {
    const document = parse(payload.query)
    const errors = validate(schema, document)
    if (errors.length > 0) return errors
    return {
      schema,
      document,
      contextValue,
      operationName: payload.operationName,
      variableValues: payload.variables,
      connection,
      id,
    }
  } catch (error) {
    // Anything but GraphQL errors would close the socket: a document nested too deep for the parser, for example.
    return [error instanceof GraphQLError ? error : new GraphQLError('', { originalError: error as Error })]
  }
}
