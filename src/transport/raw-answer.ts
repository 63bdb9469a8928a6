import { STATUS_CODES } from 'node:http'
import type { Duplex, Stream } from 'node:stream'
import { uuidv7 } from 'uuidv7'
import type { RefusalError } from '../errors.js'
import type { ErrorFormat } from '../graphql/error-format.js'
import type { AnswerHeaders } from './answer-headers.js'
import { type HttpAnswer, httpAnswerTo } from './http-refusal.js'

/** For so long a client may go on sending what nobody reads, before its connection is cut: so long it can read the answer. */
const LINGER_MS = 1_000

/**
 * Tells a refusal on a connection for which Node's server has no response, in the same words and with the same headers as
 * others, and ends it.
 *
 * @param requestId one of its own when left out.
 */
export type RefuseRaw = (stream: Duplex, refusal: RefusalError, requestId?: string) => void

export function createRawRefusals({
  formatError,
  answerHeaders,
}: {
  readonly formatError: ErrorFormat
  readonly answerHeaders: AnswerHeaders
}): RefuseRaw {
  return (stream, refusal, requestId = uuidv7()) => {
    const { status, headers, body } = httpAnswerTo(refusal, requestId, formatError)
    writeRawAnswer(stream, { status, headers: { ...answerHeaders(requestId), ...headers }, body })
  }
}

/** Answers on a connection for which Node's server has no response, or none any more, and ends it. */
function writeRawAnswer(stream: Duplex, { status, headers, body }: HttpAnswer): void {
  // Node doesn't listen to it any more, and an error that nobody hears ends the process.
  stream.on('error', () => stream.destroy())
  const lines = Object.entries({ ...headers, 'content-length': String(Buffer.byteLength(body)), connection: 'close' })
  const head = [`HTTP/1.1 ${status} ${STATUS_CODES[status]}`, ...lines.map(([name, value]) => `${name}: ${value}`)]
  stream.end(`${head.join('\r\n')}\r\n\r\n${body}`)
  linger(stream)
}

/**
 * Cuts a connection that has had its answer, unless its client is done before. To cut it at once could lose the answer.
 *
 * @param until what closes when the client is done; the connection itself when left out.
 */
export function linger(stream: Duplex, until: Stream = stream): void {
  const cutOff = setTimeout(() => stream.destroy(), LINGER_MS)
  until.once('close', () => clearTimeout(cutOff))
}
