import type { Logger } from 'pino'
import { createAuthenticator } from './auth/authenticate.js'
import { createTokenIssuer, type TokenIssuer } from './auth/token-issuer.js'
import { createTokenVerifier } from './auth/token-verifier.js'
import { InboxService } from './chat/inbox/inbox-service.js'
import { InboxStore } from './chat/inbox/inbox-store.js'
import { InboxWatch } from './chat/inbox/inbox-watch.js'
import { MessagePolicy } from './chat/message/message-policy.js'
import { MessageService } from './chat/message/message-service.js'
import { MessageStore } from './chat/message/message-store.js'
import { SendLanes } from './chat/message/send-lanes.js'
import { ParticipantService } from './chat/participant/participant-service.js'
import { ParticipantStore } from './chat/participant/participant-store.js'
import { ConnectedPeople } from './chat/presence/connected-people.js'
import { LastSeenNotes } from './chat/presence/last-seen-notes.js'
import { PresencePolicy } from './chat/presence/presence-policy.js'
import { PresenceService } from './chat/presence/presence-service.js'
import { PresenceStore } from './chat/presence/presence-store.js'
import { PresenceWatch } from './chat/presence/presence-watch.js'
import { Suspensions } from './chat/presence/suspensions.js'
import { ReceiptService } from './chat/receipt/receipt-service.js'
import { ReceiptStore } from './chat/receipt/receipt-store.js'
import { TimelineFollowers } from './chat/timeline/timeline-followers.js'
import { TimelineService } from './chat/timeline/timeline-service.js'
import { TimelineStore } from './chat/timeline/timeline-store.js'
import { TransactionPolicy } from './chat/transaction/transaction-policy.js'
import { TransactionRegistry } from './chat/transaction/transaction-registry.js'
import { TransactionService } from './chat/transaction/transaction-service.js'
import { TransactionStore } from './chat/transaction/transaction-store.js'
import { TypingService } from './chat/typing/typing-service.js'
import { TypingStore } from './chat/typing/typing-store.js'
import { UserPolicy } from './chat/user/user-policy.js'
import { UserService } from './chat/user/user-service.js'
import { UserStore } from './chat/user/user-store.js'
import type { Config } from './config.js'
import { seedDemo } from './demo/demo-data.js'
import { type ContextParts, createContext, type Services } from './graphql/context.js'
import { createErrorFormat } from './graphql/error-format.js'
import { createExecution } from './graphql/execution.js'
import { createPipeline } from './graphql/pipeline.js'
import { createSchema } from './graphql/schema.js'
import { createMetrics, type Metrics } from './metrics.js'
import { type Closable, closeAll } from './platform/close-all.js'
import { asStep, openPlatform, type Platform, type PlatformOptions } from './platform/platform.js'
import { createProtocol, type OnArrival } from './transport/graphql-over-websocket.js'
import { createHealth } from './transport/health.js'
import { createRequestListener } from './transport/http.js'
import { type Address, startHttpServer } from './transport/listener.js'
import { createPlayground } from './transport/playground.js'
import { WebSocketDoor } from './transport/websocket.js'

/** The rooms with all their parts, on a platform. Whatever sends, reads or follows does it through these. */
export function composeRooms(
  { database, bus, leases }: Platform,
  { limits, databasePoolSize }: Config,
  log: Logger,
  metrics: Metrics,
): ContextParts & { users: UserStore; people: ConnectedPeople } {
  const users = new UserStore(database)
  const transactions = new TransactionStore(database)
  const transactionPolicy = new TransactionPolicy(transactions)
  const timelines = new TimelineStore(database)
  const messages = new MessageStore(database)
  const messagePolicy = new MessagePolicy(messages, transactionPolicy)
  const presences = new PresenceStore(database)
  const { maxPageSize, maxContentLength } = limits
  const timeline = new TimelineService({
    timelines,
    followers: new TimelineFollowers({ store: timelines, bus, log }),
    transactionPolicy,
    metrics,
    maxPageSize,
  })
  const typing = new TypingService({
    typing: new TypingStore(leases, database),
    transactionPolicy,
    timeline,
    bus,
    log,
  })
  return {
    users,
    people: new ConnectedPeople({
      bus,
      leases,
      notes: new LastSeenNotes(presences),
      suspensions: new Suspensions(presences, log),
      onGone: (userKey) => void typing.stopAll(userKey),
    }),
    transactionPolicy,
    prisma: database.prisma,
    services: {
      user: new UserService(users, new UserPolicy(users)),
      transaction: new TransactionService({
        transactions,
        registry: new TransactionRegistry(database),
        transactionPolicy,
        bus,
        maxPageSize,
      }),
      participant: new ParticipantService(new ParticipantStore(database), transactionPolicy),
      timeline,
      message: new MessageService({
        messages,
        lanes: new SendLanes({ store: messages, bus, log, maxStuckCalls: Math.ceil(databasePoolSize / 4) }),
        messagePolicy,
        transactionPolicy,
        bus,
        maxContentLength,
        onSent: (sender, transactionKey) => typing.noteSent(sender, transactionKey),
      }),
      receipt: new ReceiptService({
        receipts: new ReceiptStore(database),
        messagePolicy,
        transactionPolicy,
        timeline,
        bus,
      }),
      typing,
      presence: new PresenceService({
        presences,
        presencePolicy: new PresencePolicy(presences),
        leases,
        watch: new PresenceWatch({ bus, leases, presences, log }),
        timeline,
      }),
      inbox: new InboxService(new InboxWatch({ store: new InboxStore(database), bus, log })),
    },
  }
}

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
  try {
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
    const { onRequest, door } = composeTransports(platform, rooms, { config, log, metrics })
    const server = await startHttpServer(
      { host: config.host, port: config.port },
      { onRequest, onUpgrade: door.upgrade },
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

function composeTransports(
  platform: Platform,
  rooms: ReturnType<typeof composeRooms>,
  { config, log, metrics }: { config: Config; log: Logger; metrics: Metrics },
) {
  const { database, bus } = platform
  const { allowsIntrospection, allowedOrigins, limits } = config
  const verifyToken = createTokenVerifier(platform.tokenKeys, config.tokens)
  const authenticate = createAuthenticator(verifyToken, (userKey) => rooms.users.find(userKey))
  const formatError = createErrorFormat({
    log,
    isUnavailable: (error) => database.isUnavailable(error),
    showsSuggestions: allowsIntrospection,
  })
  const execution = createExecution((request) => createContext(rooms, request), metrics)
  const pipeline = createPipeline({
    schema: createSchema(),
    execution,
    formatError,
    maxBodyBytes: limits.maxBodyBytes,
    allowsIntrospection,
  })
  const onRequest = createRequestListener({
    pipeline,
    authenticate,
    formatError,
    allowedOrigins,
    health: createHealth({
      askDatabase: () => database.prisma.$queryRaw`SELECT 1`,
      isBusConnected: () => bus.isConnected,
    }),
    metrics: { token: config.metricsToken, isOpen: !config.isProduction, render: () => metrics.render() },
    playground: allowsIntrospection ? createPlayground() : null,
  })
  const onArrival: OnArrival = (viewer, close) =>
    viewer.kind === 'USER' ? rooms.people.arrive(viewer.user.key, () => close('Suspended')) : () => {}
  const protocol = createProtocol({ pipeline, execution, authenticate, onArrival, formatError, log })
  const door = new WebSocketDoor({ protocol, allowedOrigins, limits, log })
  return { onRequest, door }
}
