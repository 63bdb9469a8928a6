import type { Logger } from 'pino'
import { createAdmission } from './auth/admit.js'
import { createAuthenticator } from './auth/authenticate.js'
import { createTokenIssuer, type TokenIssuer } from './auth/token-issuer.js'
import { createTokenVerifier } from './auth/token-verifier.js'
import { composeRooms } from './compose-rooms.js'
import type { Config } from './config.js'
import { configWarnings } from './config-warnings.js'
import { seedDemo } from './demo/demo-data.js'
import { createContext, type Services } from './graphql/context.js'
import { DocumentReader } from './graphql/document-reader.js'
import { createErrorFormat } from './graphql/error-format.js'
import { createExecution } from './graphql/execution.js'
import { createPipeline, type PipelineOptions } from './graphql/pipeline.js'
import { createSchema } from './graphql/schema.js'
import { readTrustedDocuments } from './graphql/trusted-documents-file.js'
import { createMetrics, type Metrics } from './metrics.js'
import { type Closable, closeAll } from './platform/close-all.js'
import { openPlatform, type Platform, type PlatformOptions } from './platform/platform.js'
import { asStep } from './platform/start-step.js'
import { createAnswerHeaders } from './transport/answer-headers.js'
import { createClientAddress } from './transport/client-address.js'
import { createGraphqlOverHttp } from './transport/graphql-over-http.js'
import { type Arrival, createProtocol, type OnArrival } from './transport/graphql-over-websocket.js'
import { createHealth } from './transport/health.js'
import { createRequestListener } from './transport/http.js'
import { type Address, startHttpServer } from './transport/listener.js'
import { createPlayground } from './transport/playground.js'
import { createRawRefusals } from './transport/raw-answer.js'
import { WebSocketDoor } from './transport/websocket.js'

/** A service that runs. */
export interface Service {
  readonly address: Address
  /** What the service does, for those in the same process: demo data and tests. */
  readonly services: Services
  /** Signs tokens for the demo people; null when the keys are elsewhere. */
  readonly issueToken: TokenIssuer | null
  /** Finishes what is under way, closes every socket, and stops all that was started. */
  close(): Promise<void>
}

/**
 * Starts everything: platform, rooms, schema, transports.
 *
 * @throws {StartupError} when it can't be; then nothing is left running.
 */
export async function startService(options: Omit<PlatformOptions, 'metrics'>): Promise<Service> {
  const { config, log, beginStep } = options
  const started: Closable[] = []
  let closed: Promise<void> | undefined
  for (const { level, message } of configWarnings(config)) log[level](message)
  try {
    const documents = await composeDocuments(config)
    const metrics = createMetrics()
    const platform = await openPlatform({ ...options, metrics })
    started.push(platform)
    metrics.watchBus(platform.bus)
    const rooms = composeRooms(platform, config, log, metrics)
    // After the sockets, and before the platform.
    started.push({ name: 'The presence of who is connected', close: () => rooms.people.close() })
    if (config.hasDemo) {
      const seed = () => seedDemo(platform.database.prisma, rooms.services)
      await asStep(beginStep('Demo people and deals'), seed, (outcome) => outcome)
    }
    const { door, ...handlers } = composeTransports(platform, rooms, { config, log, metrics, documents })
    const server = await startHttpServer(
      { host: config.host, port: config.port },
      { ...handlers, onUpgrade: door.upgrade, limits: config.limits },
    )
    // At the same time: the server takes nobody new while the sockets go, and is closed when they are gone.
    started.push({
      name: 'The transports',
      close: async () => void (await Promise.all([server.close(), door.close()])),
    })
    const { tokenKeys } = platform
    return {
      address: server.address,
      services: rooms.services,
      issueToken: 'secret' in tokenKeys ? createTokenIssuer(tokenKeys.secret, config.tokens) : null,
      close: () => {
        closed ??= closeAll(started)
        return closed
      },
    }
  } catch (error) {
    await closeAll(started)
    throw error
  }
}

/** Partners and the platform are never online, and may have as many sockets as they need. */
const UNCOUNTED: Arrival = { isAdmitted: Promise.resolve(true), leave() {} }

function composeTransports(
  platform: Platform,
  rooms: ReturnType<typeof composeRooms>,
  { config, log, metrics, documents }: { config: Config; log: Logger; metrics: Metrics; documents: Documents },
) {
  const { database, bus, rateLimits } = platform
  const { allowsIntrospection, allowedOrigins, limits } = config
  const verifyToken = createTokenVerifier({
    ...config.tokens,
    keys: platform.tokenKeys,
    onKeysMissing: (error) => log.warn({ err: error }, 'The keys of the tokens cannot be read'),
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
  const pipeline = createPipeline({ ...documents, allowsIntrospection, limits, rateLimits })
  const { maxBodyBytes, maxHeaderBytes, executionTimeoutMs } = limits
  const answerHeaders = createAnswerHeaders({ isBehindTls: config.isProduction })
  const onRequest = createRequestListener({
    graphql: createGraphqlOverHttp({ pipeline, execution, formatError, maxBodyBytes }),
    admit,
    clientAddress,
    formatError,
    allowedOrigins,
    allowsIntrospection,
    executionTimeoutMs,
    health: createHealth({
      askDatabase: () => database.prisma.$queryRaw`SELECT 1`,
      isBusConnected: () => bus.isConnected,
    }),
    metrics: { token: config.metricsToken, isOpen: !config.isProduction, render: () => metrics.render() },
    playground: allowsIntrospection ? createPlayground() : null,
    answerHeaders,
    maxHeaderBytes,
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
    onFramesRefused: () => metrics.rateLimited.inc({ limit: 'frames' }),
    refuse: refuseRaw,
    log,
  })
  return { onRequest, onUnreadable: refuseRaw, door }
}

type Documents = Pick<PipelineOptions, 'schema' | 'documents' | 'trustedDocuments'>

/** @throws {StartupError} when the trusted documents can't be taken. */
async function composeDocuments({ allowsIntrospection, trustedDocumentsFile, limits }: Config): Promise<Documents> {
  const schema = createSchema()
  const documents = new DocumentReader({ schema, allowsIntrospection, limits })
  const trustedDocuments =
    trustedDocumentsFile === null
      ? null
      : await readTrustedDocuments(trustedDocumentsFile, { schema, documents, limits })
  return { schema, documents, trustedDocuments }
}
