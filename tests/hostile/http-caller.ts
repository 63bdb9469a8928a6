import { once } from 'node:events'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import type { Random } from '../testkit/random.js'
import type { DocumentMaker } from './documents.js'

const METHODS = ['GET', 'PUT', 'OPTIONS', 'HEAD', 'DELETE', 'TRACE']
const PATHS = ['/', '/health', '/ready', '/metrics', '//graphql', '/%00', '/../etc']
const HOSTS = ['[', 'a b', '\u00e9']
const TYPES = ['text/plain', 'application/json; charset=x', 'multipart/form-data', '']
const ACCEPTED = ['application/json', 'application/graphql-response+json', 'text/event-stream', 'x']
const VARIABLES: readonly unknown[] = [
  { id: 'x' },
  { constructor: 1, toString: 1 },
  [],
  null,
  'x',
  { deep: [[[[[[{}]]]]]] },
]

export interface HttpRequest {
  readonly bytes: string
  /** Whether an answer is due; of a broken one the server may still wait for the rest. */
  readonly isWhole: boolean
}

/** What came back, as far as the server said something before it closed the connection. */
export interface HttpAnswer {
  readonly status: number | null
  readonly text: string
}

/** Sends requests byte by byte, as no HTTP client would: whole ones, wrong ones, and broken ones. */
export class HttpCaller {
  readonly #address: URL
  readonly #token: string
  readonly #random: Random
  readonly #documents: DocumentMaker

  constructor(parts: { url: string; token: string; random: Random; documents: DocumentMaker }) {
    this.#address = new URL(parts.url)
    this.#token = parts.token
    this.#random = parts.random
    this.#documents = parts.documents
  }

  next(): HttpRequest {
    const random = this.#random
    const method = this.#mostly<string>('POST', METHODS)
    const body = this.#body()
    const query =
      method === 'GET' ? `?query=${encodeURIComponent(wellFormed(this.#documents.next().slice(0, 2_000)))}` : ''
    const headers = [
      `host: ${this.#mostly('localhost', HOSTS)}`,
      'connection: close',
      ...(random.fraction() < 0.95 ? [`authorization: Bearer ${this.#token}`] : []),
      `content-type: ${this.#mostly('application/json', TYPES)}`,
      `accept: ${this.#mostly('*/*', ACCEPTED)}`,
      ...(method === 'GET' ? [] : [`content-length: ${Buffer.byteLength(body)}`]),
    ]
    const whole = `${method} ${this.#mostly('/graphql', PATHS)}${query} HTTP/1.1\r\n${headers.join('\r\n')}\r\n\r\n`
    const bytes = method === 'GET' ? whole : whole + body
    const isWhole = random.fraction() < 0.9
    return { bytes: isWhole ? bytes : this.#documents.mutate(bytes), isWhole }
  }

  async send({ bytes, isWhole }: HttpRequest): Promise<HttpAnswer> {
    const socket = connect({ port: Number(this.#address.port), host: this.#address.hostname, allowHalfOpen: true })
    await once(socket, 'connect')
    if (isWhole) socket.write(bytes)
    else socket.end(bytes)
    // A server may close while we still send: what it said before counts.
    const answer = await text(socket).catch(() => '')
    socket.destroy()
    const [, status] = /^HTTP\/1\.1 (\d{3})/.exec(answer) ?? []
    return { status: status === undefined ? null : Number(status), text: answer }
  }

  #mostly<Value>(usual: Value, others: readonly Value[]): Value {
    return this.#random.fraction() < 0.85 ? usual : this.#random.pick(others)
  }

  #body(): string {
    const random = this.#random
    const body = JSON.stringify({
      query: this.#documents.next(),
      variables: this.#mostly<unknown>({}, VARIABLES),
      ...(random.fraction() < 0.2 && { operationName: random.pick(['Hostile', '', 'x', 1, null]) }),
      ...(random.fraction() < 0.1 && { extensions: random.pick([{}, [], 'x']) }),
    })
    return random.fraction() < 0.2 ? this.#documents.mutate(body) : body
  }
}

/** Half a character can't stand in a URL. */
function wellFormed(text: string): string {
  return Buffer.from(text).toString()
}
