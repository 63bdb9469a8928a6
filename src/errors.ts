/**
 * The closed vocabulary of refusals. Services throw these and nothing else on purpose; they become what a caller
 * is told in `graphql/error-format.ts`, and a status of HTTP in `transport/http-refusal.ts`. Whatever is thrown besides is a
 * fault of ours and reaches nobody but the log. Messages are for people, codes for programs.
 */
export type ErrorCode =
  | 'UNAUTHENTICATED'
  | 'FORBIDDEN'
  | 'NOT_FOUND'
  | 'BAD_USER_INPUT'
  | 'CONFLICT'
  | 'RATE_LIMITED'
  | 'PAYLOAD_TOO_LARGE'
  | 'OPERATION_TOO_COMPLEX'
  | 'SERVICE_UNAVAILABLE'
  | 'INTERNAL_SERVER_ERROR'

/** What a refusal says besides its code, for programs to act on. */
export interface RefusalDetails {
  /** The argument or input field at fault, as the caller wrote it: `content`, `first`, `transactionId`. */
  readonly field?: string
  /** The limit that was broken. */
  readonly limit?: number
  /** What an operation would cost that may cost no more than `limit`. */
  readonly cost?: number
  /** After so long it is worth another try, in milliseconds. */
  readonly retryAfterMs?: number
}

/** A refusal: said to the caller as it is. */
export class RefusalError extends Error {
  override readonly name: string = 'RefusalError'
  readonly code: ErrorCode
  readonly details: RefusalDetails

  constructor(code: ErrorCode, message: string, details: RefusalDetails = {}) {
    super(message)
    this.code = code
    this.details = details
  }
}

/** Why somebody is nobody: no token, not a JWT as it should be, a signature or a key that isn't good, too late, other claims, no such active user. */
type RefusedToken = 'missing' | 'malformed' | 'signature' | 'expired' | 'claims' | 'viewer'

/** The caller didn't prove who they are. They are never told why: that would help a forger. */
export class UnauthenticatedError extends RefusalError {
  override readonly name = 'UnauthenticatedError'
  /** For those who run the service. */
  readonly reason: RefusedToken
  constructor(reason: RefusedToken = 'missing') {
    super('UNAUTHENTICATED', 'A valid token is needed: send the header "Authorization: Bearer <token>".')
    this.reason = reason
  }
}

/** The caller is known, and what they ask is not for their kind. */
export class ForbiddenError extends RefusalError {
  override readonly name = 'ForbiddenError'
  constructor(message: string) {
    super('FORBIDDEN', message)
  }
}

/** There is no such thing, or the caller may not know of it: the two read the same. */
export class NotFoundError extends RefusalError {
  override readonly name = 'NotFoundError'
  constructor(what: string, field?: string) {
    super('NOT_FOUND', `There is no such ${what}, or you may not see it.`, field === undefined ? {} : { field })
  }
}

/** An argument is wrong. `message` says what was wrong and what would be right. */
export class BadUserInputError extends RefusalError {
  override readonly name = 'BadUserInputError'
  constructor(message: string, details: RefusalDetails) {
    super('BAD_USER_INPUT', message, details)
  }
}

/** The request contradicts what is stored already. */
export class ConflictError extends RefusalError {
  override readonly name = 'ConflictError'
  constructor(message: string, details: RefusalDetails = {}) {
    super('CONFLICT', message, details)
  }
}

/** The caller has asked too often, or has too much at once. `what` names it in the plural, as in "Too many messages". */
export class RateLimitedError extends RefusalError {
  override readonly name = 'RateLimitedError'
  /** @param wayOut when it is worth another try, or, where time alone doesn't help, what to do. */
  constructor(what: string, limit: number, wayOut: { readonly retryAfterMs: number } | string) {
    const isInTime = typeof wayOut === 'object'
    const todo = isInTime ? `try again in ${Math.ceil(wayOut.retryAfterMs / 1000)} s` : wayOut
    super('RATE_LIMITED', `Too many ${what}: ${todo}.`, { limit, ...(isInTime && wayOut) })
  }
}

/**
 * The document asks for too much at once. `message` says which limit it broke, and never its value: `limit` has that, and
 * `cost` by how much, for those who may know.
 */
export class OperationTooComplexError extends RefusalError {
  override readonly name = 'OperationTooComplexError'
  constructor(message: string, limit: number, cost?: number) {
    super('OPERATION_TOO_COMPLEX', message, { limit, ...(cost !== undefined && { cost }) })
  }
}

/** The request is larger than `limit` bytes. The message doesn't say how many: `limit` does, to those who may know. */
export class PayloadTooLargeError extends RefusalError {
  override readonly name = 'PayloadTooLargeError'
  constructor(limit: number) {
    super('PAYLOAD_TOO_LARGE', 'The request is too large: send less.', { limit })
  }
}

/**
 * The database can't be reached, what it has to change is locked, the keys of tokens can't be had, or the time is over. Nothing
 * was acknowledged; the same may be sent again.
 */
export class ServiceUnavailableError extends RefusalError {
  override readonly name = 'ServiceUnavailableError'
  constructor(options?: { cause?: unknown }) {
    super(
      'SERVICE_UNAVAILABLE',
      "The service can't do this at the moment. Try again shortly: a message sent again with the same clientMessageId is stored once.",
    )
    if (options?.cause !== undefined) this.cause = options.cause
  }
}
