import type { Logger } from 'pino'
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
import type { Config } from './config/config.js'
import type { ContextParts } from './graphql/context.js'
import type { Metrics } from './metrics.js'
import type { Platform } from './platform/platform.js'

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
  const { maxPageSize } = limits
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
      maxConnections: limits.maxSocketsPerUser,
      onGone: (userKey) => void typing.stopAll(userKey),
    }),
    transactionPolicy,
    limits,
    prisma: database.prisma,
    services: {
      user: new UserService(users, new UserPolicy(users)),
      transaction: new TransactionService({
        transactions,
        registry: new TransactionRegistry(database),
        transactionPolicy,
        bus,
        maxPageSize,
        textLimits: limits,
      }),
      participant: new ParticipantService(new ParticipantStore(database), transactionPolicy),
      timeline,
      message: new MessageService({
        messages,
        lanes: new SendLanes({
          store: messages,
          bus,
          log,
          maxStuckCalls: Math.ceil(databasePoolSize / 4),
          lockTimeoutMs: limits.databaseLockTimeoutMs,
        }),
        messagePolicy,
        transactionPolicy,
        bus,
        textLimits: limits,
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
