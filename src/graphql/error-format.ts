import { GraphQLError } from 'graphql'
import type { Logger } from 'pino'
import { type ErrorCode, type RefusalDetails, RefusalError, ServiceUnavailableError } from '../errors.js'
import { withoutSuggestions } from './fault-messages.js'

/** Turns whatever was thrown into what a caller is told. */
export type ErrorFormat = (error: unknown, requestId: string) => GraphQLError

export interface ErrorFormatOptions {
  readonly log: Logger
  /** Whether an error means that the database couldn't be asked. */
  readonly isUnavailable: (error: unknown) => boolean
  /** Whether callers may know what they might have meant, and the values of the limits that protect the service. */
  readonly allowsIntrospection: boolean
  /** Milliseconds that only grow. */
  readonly now?: () => number
}

/**
 * Refusals are told as they are, faults of the document too; of everything else the caller gets a request id, and the
 * log the rest.
 */
export function createErrorFormat({ log, isUnavailable, allowsIntrospection, now }: ErrorFormatOptions): ErrorFormat {
  const logUnavailable = logSeldom(log, now)
  return (error, requestId) => {
    const located = error instanceof GraphQLError ? error : undefined
    const thrown = rootOf(error)
    const refusal =
      thrown instanceof RefusalError ? thrown : isUnavailable(thrown) ? new ServiceUnavailableError() : null
    if (refusal) {
      if (refusal.code === 'SERVICE_UNAVAILABLE') logUnavailable(thrown, requestId)
      return rewrite(located, refusal.message, { code: refusal.code, ...publicDetails(refusal, allowsIntrospection) })
    }
    if (located && isCallersFault(located, thrown)) {
      const message = allowsIntrospection ? located.message : withoutSuggestions(located.message)
      // The libraries in the pipeline have codes of their own, and details that are nobody's business.
      return rewrite(located, message, { code: 'BAD_USER_INPUT' })
    }
    log.error({ err: thrown, requestId, path: located?.path }, 'A request failed')
    const message = `Something went wrong on our side. Tell us this request id: ${requestId}`
    return rewrite(located, message, { code: 'INTERNAL_SERVER_ERROR', requestId })
  }
}

/** Refusals whose limit is there to protect the service: who knows it knows how hard to push. */
const PROTECTIVE: ReadonlySet<ErrorCode> = new Set(['OPERATION_TOO_COMPLEX', 'RATE_LIMITED', 'PAYLOAD_TOO_LARGE'])

function publicDetails({ code, details }: RefusalError, allowsIntrospection: boolean): RefusalDetails {
  if (allowsIntrospection || !PROTECTIVE.has(code)) return details
  const { limit: _, cost: __, ...others } = details
  return others
}

const MS_BETWEEN_LINES = 10_000

/** While the database is away everything is refused: a line says so now and then, with how many it stands for. */
function logSeldom(log: Logger, now = () => performance.now()): (error: unknown, requestId: string) => void {
  let refusals = 0
  let saidAt = Number.NEGATIVE_INFINITY
  return (error, requestId) => {
    refusals += 1
    if (now() - saidAt < MS_BETWEEN_LINES) return
    log.warn({ err: error, requestId, refusals }, 'Refused as unavailable')
    refusals = 0
    saidAt = now()
  }
}

/** Whether GraphQL itself complains of the document or its variables, as opposed to something that a resolver did. */
function isCallersFault(located: GraphQLError, thrown: unknown): boolean {
  // Execution gives an error its path. An argument that can't be read is found only there; it points at the document.
  return located.path === undefined
    ? thrown === located || located.nodes !== undefined
    : thrown instanceof GraphQLError && thrown.nodes !== undefined
}

/** What was thrown in the first place, inside however many GraphQL errors. */
export function rootOf(error: unknown): unknown {
  return error instanceof GraphQLError && error.originalError ? rootOf(error.originalError) : error
}

function rewrite(
  located: GraphQLError | undefined,
  message: string,
  extensions: Record<string, unknown>,
): GraphQLError {
  return new GraphQLError(message, {
    ...(located?.nodes && { nodes: located.nodes }),
    ...(located?.source && { source: located.source }),
    ...(located?.positions && { positions: located.positions }),
    ...(located?.path && { path: located.path }),
    extensions,
  })
}
