import DataLoader from 'dataloader'
import type { Viewer } from '../auth/viewer.js'
import type { InboxService } from '../chat/inbox/inbox-service.js'
import type { MessageService } from '../chat/message/message-service.js'
import type { ParticipantService } from '../chat/participant/participant-service.js'
import type { PresenceService } from '../chat/presence/presence-service.js'
import type { ReceiptService } from '../chat/receipt/receipt-service.js'
import type { TimelineService } from '../chat/timeline/timeline-service.js'
import type { TransactionAccess } from '../chat/transaction/transaction.js'
import type { TransactionPolicy } from '../chat/transaction/transaction-policy.js'
import type { TransactionService } from '../chat/transaction/transaction-service.js'
import type { TypingService } from '../chat/typing/typing-service.js'
import type { UserService } from '../chat/user/user-service.js'
import { NotFoundError, UnauthenticatedError } from '../errors.js'
import type { PrismaClient } from '../generated/prisma/client.js'
import { type AnswerLimits, AnswerSize } from './answer-size.js'
import type { Deadline } from './deadline.js'

export interface Services {
  readonly user: UserService
  readonly transaction: TransactionService
  readonly participant: ParticipantService
  readonly timeline: TimelineService
  readonly message: MessageService
  readonly receipt: ReceiptService
  readonly typing: TypingService
  readonly presence: PresenceService
  readonly inbox: InboxService
}

/** What a transport knows of a request, whichever it is. */
export interface RequestContext {
  /** Null: nobody. Only introspection gets that far. */
  readonly viewer: Viewer | null
  /** Stands in the answer to an internal error, and in the log beside what went wrong. */
  readonly requestId: string
  readonly deadline: Deadline
}

/**
 * What resolvers get. It is made for one execution: a query, a mutation, or one event of a subscription. What it
 * remembers is therefore never older than that, authorization above all.
 */
export interface Context {
  /** @throws {UnauthenticatedError} when nobody asks. */
  readonly viewer: Viewer
  readonly services: Services
  /** For the Pothos plugin alone. */
  readonly prisma: PrismaClient
  /** How much of what people wrote the answer holds so far. */
  readonly answerSize: AnswerSize
  /** What the viewer has of a transaction; null when they may not see it. Asked for many at once, it is one statement. */
  accessTo(transactionKey: string): Promise<TransactionAccess | null>
  /** Notes that something of a transaction was read for an event, as it is by now. */
  noteReading(transactionKey: string): void
  /**
   * Asks once more for the transactions of which something was read: what is shown was the viewer's to see after it was
   * read.
   *
   * @throws {NotFoundError} when it isn't, for one of them.
   */
  confirmAccess(): Promise<void>
}

export interface ContextParts {
  readonly services: Services
  readonly prisma: PrismaClient
  readonly transactionPolicy: TransactionPolicy
  readonly limits: AnswerLimits
}

export function createContext(
  { services, prisma, transactionPolicy, limits }: ContextParts,
  { viewer }: RequestContext,
): Context {
  const requireViewer = () => {
    if (viewer === null) throw new UnauthenticatedError()
    return viewer
  }
  const access = new DataLoader<string, TransactionAccess | null>(async (transactionKeys) => {
    const granted = await transactionPolicy.accessTo(requireViewer(), transactionKeys)
    return transactionKeys.map((transactionKey) => granted.get(transactionKey) ?? null)
  })
  const read = new Set<string>()
  return {
    get viewer() {
      return requireViewer()
    },
    services,
    prisma,
    answerSize: new AnswerSize(limits),
    accessTo: (transactionKey) => access.load(transactionKey),
    noteReading: (transactionKey) => void read.add(transactionKey),
    async confirmAccess() {
      if (read.size === 0) return
      const granted = await transactionPolicy.accessTo(requireViewer(), [...read])
      if (granted.size < read.size) throw new NotFoundError('transaction', 'transactionId')
    },
  }
}
