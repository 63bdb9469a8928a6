import type { Logger } from 'pino'
import { createAdmission } from './auth/admit.js'
import { createAuthenticator } from './auth/authenticate.js'
import { createTokenVerifier } from './auth/token-verifier.js'
import type { composeRooms } from './compose-rooms.js'
import type { Config } from './config/config.js'
import { createContext } from './graphql/context.js'
import { DocumentReader } from './graphql/document-reader.js'
import { createErrorFormat } from './graphql/error-format.js'
import { createExecution } from './graphql/execution.js'
import { Pipeline, type PipelineOptions } from './graphql/pipeline.js'
import { createSchema } from './graphql/schema.js'
import { readTrustedDocuments } from './graphql/trusted-documents-file.js'
import type { Metrics } from './metrics.js'
import type { Platform } from './platform/platform.js'
import { createAnswerHeaders } from './transport/answer-headers.js'
import { createClientAddress } from './transport/client-address.js'
import { createGraphqlOverHttp } from './transport/graphql-over-http.js'
import { createProtocol } from './transport/graphql-over-websocket.js'
import { createHealth } from './transport/health.js'
import { createRequestListener } from './transport/http.js'
import { createPlayground } from './transport/playground.js'
import { createRawRefusals } from './transport/raw-answer.js'
import { WebSocketDoor } from './transport/websocket.js'
import type { Arrival, OnArrival } from './transport/welcome.js'

/** Partners and the platform are never online, and may have as many sockets as they need. */
const UNCOUNTED: Arrival = { hasRoom: Promise.resolve(true), leave() {} }

/** Both doors, on a platform and its rooms: HTTP and WebSocket. */
export function composeTransports(
  platform: Platform,
  rooms: ReturnType<typeof composeRooms>,
  { config, log, metrics, documents }: { config: Config; log: Logger; metrics: Metrics; documents: Documents },
) {
  const { database, bus, rateLimits } = platform
  const { allowsIntrospection, allowedOrigins, limits } = config
  const verifyToken = createTokenVerifier({
    ...config.tokens,
    keys: platform.tokenKeys,
    onKeysMissing: (error) =>
      log.warn(
        { err: error },
        'The keys at JWT_JWKS_URL cannot be fetched: known ones stay good for a day, tokens of others are refused',
      ),
  })
  const authenticate = createAuthenticator({
    verifyToken,
    findUser: (subject) => rooms.users.find(subject),
    onRefused: (reason) => metrics.refusedTokens.inc({ reason }),
  })
  const admit = createAdmission(authenticate, rateLimits)
  const clientAddress = createClientAddress(config.trustedProxies)
  const formatError = createErrorFormat({
    log,
    isUnavailable: (error) => database.isUnavailable(error),
    allowsIntrospection,
  })
  const execution = createExecution((request) => createContext(rooms, request), metrics, limits)
  const pipeline = new Pipeline({ ...documents, allowsIntrospection, limits, rateLimits })
  const answerHeaders = createAnswerHeaders({ isBehindTls: config.isProduction })
  const onRequest = createRequestListener({
    graphql: createGraphqlOverHttp({ pipeline, execution, formatError, limits }),
    admit,
    countAnonymous: (address) => rateLimits.count('anonymousOperations', address),
    clientAddress,
    formatError,
    allowedOrigins,
    allowsIntrospection,
    limits,
    health: createHealth({
      askDatabase: () => database.prisma.$queryRaw`SELECT 1`,
      isBusConnected: () => bus.isConnected,
    }),
    metrics: { token: config.metricsToken, isOpen: !config.isProduction, render: () => metrics.render() },
    playground: allowsIntrospection ? createPlayground() : null,
    answerHeaders,
  })
  const onArrival: OnArrival = (viewer, close) =>
    viewer.kind === 'USER' ? rooms.people.arrive(viewer.user.key, () => close('Suspended')) : UNCOUNTED
  const protocol = createProtocol({ pipeline, execution, admit, onArrival, formatError, limits, metrics })
  const refuseRaw = createRawRefusals({ formatError, answerHeaders })
  const door = new WebSocketDoor({
    protocol,
    allowedOrigins,
    limits,
    clientAddress,
    metrics,
    refuse: refuseRaw,
    log,
  })
  return { onRequest, onUnreadable: refuseRaw, door }
}

/** The schema and what reads documents for it; the trusted ones too. */
export type Documents = Pick<PipelineOptions, 'schema' | 'documents' | 'trustedDocuments'>

/** @throws {StartupError} when the trusted documents can't be taken. */
export async function composeDocuments({
  allowsIntrospection,
  trustedDocumentsFile,
  limits,
}: Config): Promise<Documents> {
  const schema = createSchema()
  const documents = new DocumentReader({ schema, allowsIntrospection, limits })
  const trustedDocuments =
    trustedDocumentsFile === null
      ? null
      : await readTrustedDocuments(trustedDocumentsFile, { schema, documents, limits })
  return { schema, documents, trustedDocuments }
}
