import type { GraphQLErrorExtensions } from 'graphql'
import { type ErrorCode, type RefusalDetails, RefusalError } from '../errors.js'
import { type ErrorFormat, HTTP_STATUS, httpExtension } from '../graphql/error-format.js'

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
type HttpExtension = NonNullable<GraphQLErrorExtensions['http']>

/** How HTTP tells what was thrown: its status, and the headers that belong to it. */
export function httpOf(thrown: unknown, extensions: GraphQLErrorExtensions): HttpExtension {
  return thrown instanceof HttpRefusalError
    ? { status: thrown.status, headers: thrown.headers }
    : httpExtension(extensions)
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
  const { status = HTTP_STATUS.INTERNAL_SERVER_ERROR, headers } = httpOf(thrown, error.extensions)
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

/** The head of the request, all headers together, is larger than `limit` bytes; or there are too many of them. */
export function headTooLarge(limit: number): HttpRefusalError {
  return new HttpRefusalError(431, 'PAYLOAD_TOO_LARGE', 'The head of the request is too large.', { limit })
}
