import { GraphQLError, OperationTypeNode } from 'graphql'
import { CloseCode, makeServer, type Server } from 'graphql-ws'
import { uuidv7 } from 'uuidv7'
import { bearerToken } from '../auth/authenticate.js'
import type { Limits } from '../config/limits.js'
import { RateLimitedError } from '../errors.js'
import type { RequestContext } from '../graphql/context.js'
import { Deadline } from '../graphql/deadline.js'
import type { ErrorFormat } from '../graphql/error-format.js'
import type { Execution } from '../graphql/execution.js'
import { isPrepared, type Pipeline, type PreparedOperation } from '../graphql/pipeline.js'
import { wrapped } from '../graphql/wrapped-error.js'
import { within } from '../within.js'
import { answered, type Connection, free } from './connection.js'
import { untilEnd } from './subscription-slots.js'
import { type WelcomeOptions, welcome } from './welcome.js'

/** What graphql-ws hands from one hook to the next. */
interface SocketOperation extends PreparedOperation {
  readonly connection: Connection
  readonly id: string
  /** Gives back what a subscription takes. */
  readonly release: () => void
}

export interface ProtocolOptions extends WelcomeOptions {
  readonly pipeline: Pipeline
  readonly execution: Execution
  readonly formatError: ErrorFormat
  readonly limits: WelcomeOptions['limits'] &
    Pick<Limits, 'connectionInitTimeoutMs' | 'connectionAckTimeoutMs' | 'maxSubscriptionsPerSocket'>
}

/** GraphQL over WebSocket, as graphql-ws' PROTOCOL.md has it; what is ours about it is in docs/protocol.md. */
export function createProtocol(options: ProtocolOptions): Server<Connection> {
  const { pipeline, execution, formatError, limits, metrics } = options
  return makeServer<Record<string, unknown>, Connection>({
    connectionInitWaitTimeout: limits.connectionInitTimeoutMs,
    async onConnect({ connectionParams, extra }) {
      const isWelcome = await within(limits.connectionAckTimeoutMs, welcome(extra, tokenOf(connectionParams), options))
      if (isWelcome === undefined)
        extra.socket.close(CloseCode.ConnectionAcknowledgementTimeout, 'Not acknowledged in time')
      return isWelcome ?? false
    },
    async onSubscribe({ extra: connection }, id, payload) {
      const { viewer, beginning, ids } = connection
      // graphql-ws forgets an id at its `complete`. Used again before the first is over, the end of that would be taken for
      // the end of the second, which would be silent ever after.
      if (ids.has(id)) {
        connection.socket.close(CloseCode.SubscriberAlreadyExists, `Subscriber for ${id} already exists`)
        return [new GraphQLError('The id is in use')]
      }
      ids.add(id)
      connection.underWay.add(id)
      const context = { viewer, requestId: uuidv7(), deadline: new Deadline(limits.executionTimeoutMs) }
      const operation = await beginning.add(id, pipeline.prepare(payload, context))
      const release = isSubscription(operation) ? connection.slots.take() : () => {}
      if (isPrepared(operation) && release) return { ...operation, connection, id, release }
      beginning.remove(id)
      answered(connection, id)
      free(connection, id)
      if (!isPrepared(operation)) return operation
      metrics.countRateLimited('subscriptions')
      return [wrapped(tooManySubscriptions(limits.maxSubscriptionsPerSocket))]
    },
    onComplete({ extra }, id) {
      answered(extra, id)
      free(extra, id)
    },
    onOperation: ({ extra }, id) => extra.beginning.remove(id),
    execute(args) {
      const { connection, id, contextValue } = args as SocketOperation
      // What was asked for earlier listens by now: who subscribes first and then reads misses nothing in between.
      const begun = contextValue.deadline.keep(connection.beginning.begunBefore(id))
      return begun.then(
        () => execution.execute(args),
        (error) => ({ errors: [wrapped(error)] }),
      )
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

function isSubscription(operation: PreparedOperation | readonly GraphQLError[]): boolean {
  return isPrepared(operation) && operation.type === OperationTypeNode.SUBSCRIPTION
}

function tooManySubscriptions(limit: number): RateLimitedError {
  return new RateLimitedError('subscriptions on this socket', limit, 'end one first')
}

/** `{ authorization: "Bearer …" }` or `{ token: "…" }`; null when it is neither. */
function tokenOf({ authorization, token }: Record<string, unknown> = {}): string | null {
  return bearerToken(authorization) ?? (typeof token === 'string' ? token : null)
}
