import type { GraphQLErrorExtensions } from 'graphql'
import { type ErrorCode, type RefusalDetails, RefusalError } from '../errors.js'
import type { ErrorFormat } from '../graphql/error-format.js'

/** The HTTP status of a refusal that comes before execution. */
export const HTTP_STATUS: Readonly<Record<ErrorCode, number>> = {
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  BAD_USER_INPUT: 400,
  CONFLICT: 409,
  RATE_LIMITED: 429,
  PAYLOAD_TOO_LARGE: 413,
  OPERATION_TOO_COMPLEX: 400,
  SERVICE_UNAVAILABLE: 503,
  INTERNAL_SERVER_ERROR: 500,
}

/** A refusal for which HTTP has a status of its own, or that has to say something in a header. */
export class HttpRefusalError extends RefusalError {
  override readonly name = 'HttpRefusalError'
  readonly status: number
  readonly headers: Readonly<Record<string, string>>

  constructor(
    status: number,
    code: ErrorCode,
    message: string,
    { headers = {}, ...details }: RefusalDetails & { readonly headers?: Readonly<Record<string, string>> } = {},
  ) {
    super(code, message, details)
    this.status = status
    this.headers = headers
  }
}

/** A status and headers, as Yoga takes them. */
type HttpExtension = NonNullable<GraphQLErrorExtensions['http']> & { readonly status: number }

/**
 * How HTTP tells what was thrown: its status, and the headers that belong to it.
 *
 * @param extensions of the error that it became: the code and details that the caller is told.
 */
export function httpOf(thrown: unknown, { code, retryAfterMs }: GraphQLErrorExtensions): HttpExtension {
  if (thrown instanceof HttpRefusalError) return { status: thrown.status, headers: thrown.headers }
  const status = HTTP_STATUS[code as ErrorCode]
  // A document or its variables at fault are 200 under application/json: `spec` leaves that to Yoga.
  if (code === 'BAD_USER_INPUT') return { status, spec: true }
  if (code === 'UNAUTHENTICATED') return { status, headers: { 'www-authenticate': 'Bearer' } }
  return typeof retryAfterMs === 'number' ? { status, headers: retryAfter(retryAfterMs) } : { status }
}

/** When it is worth another try, as HTTP says it: in whole seconds. */
function retryAfter(retryAfterMs: number): Record<string, string> {
  return { 'retry-after': String(Math.ceil(retryAfterMs / 1000)) }
}

/** All of an answer. */
export interface HttpAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** The answer to a request that was refused, or that failed, before anything was executed. */
export function httpAnswerTo(thrown: unknown, requestId: string, formatError: ErrorFormat): HttpAnswer {
  const error = formatError(thrown, requestId)
  const { status, headers } = httpOf(thrown, error.extensions)
  return {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
    body: JSON.stringify({ errors: [error] }),
  }
}

/** The method isn't one of those that this address takes. */
export function methodNotAllowed(path: string, methods: readonly string[]): HttpRefusalError {
  const allow = methods.join(', ')
  return new HttpRefusalError(405, 'BAD_USER_INPUT', `${path} takes ${allow} and no other method.`, {
    headers: { allow },
  })
}

/** The request has more than `limit` headers. */
export function tooManyHeaders(limit: number): HttpRefusalError {
  return new HttpRefusalError(431, 'PAYLOAD_TOO_LARGE', 'The request has too many headers: send fewer.', { limit })
}

/** The head of the request, all headers together, is larger than `limit` bytes. */
export function headTooLarge(limit: number): HttpRefusalError {
  return new HttpRefusalError(431, 'PAYLOAD_TOO_LARGE', 'The head of the request is too large: send less.', { limit })
}
