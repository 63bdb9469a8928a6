import DataLoader from 'dataloader'
import type { Viewer } from '../auth/viewer.js'
import type { MessageService } from '../chat/message/message-service.js'
import type { ParticipantService } from '../chat/participant/participant-service.js'
import type { ReceiptService } from '../chat/receipt/receipt-service.js'
import type { TimelineService } from '../chat/timeline/timeline-service.js'
import type { TransactionAccess } from '../chat/transaction/transaction.js'
import type { TransactionPolicy } from '../chat/transaction/transaction-policy.js'
import type { TransactionService } from '../chat/transaction/transaction-service.js'
import type { UserService } from '../chat/user/user-service.js'
import { UnauthenticatedError } from '../errors.js'
import type { PrismaClient } from '../generated/prisma/client.js'

export interface Services {
  readonly user: UserService
  readonly transaction: TransactionService
  readonly participant: ParticipantService
  readonly timeline: TimelineService
  readonly message: MessageService
  readonly receipt: ReceiptService
}

/** What a transport knows of a request, whichever it is. */
export interface RequestContext {
  /** Null: nobody. Only introspection gets that far. */
  readonly viewer: Viewer | null
  /** Stands in the answer to an internal error, and in the log beside what went wrong. */
  readonly requestId: string
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
  /** What the viewer has of a transaction; null when they may not see it. Asked for many at once, it is one statement. */
  accessTo(transactionKey: string): Promise<TransactionAccess | null>
}

export interface ContextParts {
  readonly services: Services
  readonly prisma: PrismaClient
  readonly transactionPolicy: TransactionPolicy
}

export function createContext(
  { services, prisma, transactionPolicy }: ContextParts,
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
  return {
    get viewer() {
      return requireViewer()
    },
    services,
    prisma,
    accessTo: (transactionKey) => access.load(transactionKey),
  }
}
