import type { IncomingMessage } from 'node:http'
import type { Limits } from '../config/limits.js'
import { HttpRefusalError, headTooLarge, tooManyHeaders } from './http-refusal.js'

type HeadLimits = Pick<Limits, 'maxHeaderBytes'>

/** More than any proxy or browser sends. */
export const MAX_HEADERS = 100

/**
 * What is wrong with a request whose head Node's parser lets through, over HTTP and at upgrades alike; null: nothing. What
 * one program could read one way and the next another way isn't taken.
 */
export function refusalOfHead(request: IncomingMessage): HttpRefusalError | null {
  // Node silently drops what is beyond its own limit: an Origin could be among it.
  if (request.rawHeaders.length > 2 * MAX_HEADERS) return tooManyHeaders(MAX_HEADERS)
  const hosts = request.headersDistinct['host']?.length ?? 0
  // RFC 9112, 3.2: Node would take the first of several, and answer by itself where there is none.
  if (hosts > 1 || (hosts === 0 && request.httpVersion === '1.1')) {
    return new HttpRefusalError(400, 'BAD_USER_INPUT', 'Send exactly one Host header.')
  }
  const { expect = '100-continue' } = request.headers
  if (expect.toLowerCase() !== '100-continue') {
    return new HttpRefusalError(417, 'BAD_USER_INPUT', 'Leave the Expect header out, or send 100-continue.')
  }
  return null
}

/**
 * Why Node's parser doesn't take what came, or doesn't wait any longer for the rest; null for a connection that broke, on
 * which there is nobody to tell.
 */
export function explainUnreadable({ code = '' }: NodeJS.ErrnoException, limits: HeadLimits): HttpRefusalError | null {
  switch (code) {
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new HttpRefusalError(
        408,
        'BAD_USER_INPUT',
        'The request took too long to arrive: send head and body faster.',
      )
    case 'HPE_HEADER_OVERFLOW':
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return headTooLarge(limits.maxHeaderBytes)
    default:
      return code.startsWith('HPE_')
        ? new HttpRefusalError(400, 'BAD_USER_INPUT', 'This is not HTTP: speak HTTP/1.1, or a WebSocket on /graphql.')
        : null
  }
}
