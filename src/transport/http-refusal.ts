import type { GraphQLErrorExtensions } from 'graphql'
import { type ErrorCode, type RefusalDetails, RefusalError } from '../errors.js'
import { HTTP_STATUS, httpExtension } from '../graphql/error-format.js'

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

/** How HTTP tells a refusal: its status, and the headers that belong to it. */
export function httpAnswerTo(
  thrown: unknown,
  extensions: GraphQLErrorExtensions,
): { status: number; headers: Record<string, string> } {
  const { status = HTTP_STATUS.INTERNAL_SERVER_ERROR, headers = {} } = httpExtension(extensions)
  const own = thrown instanceof HttpRefusalError ? thrown : { status, headers: {} }
  return {
    status: own.status,
    headers: { 'content-type': 'application/json; charset=utf-8', ...headers, ...own.headers },
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
