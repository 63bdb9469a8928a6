import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { handleProtocols, type Server as ProtocolServer } from 'graphql-ws'
import type { Logger } from 'pino'
import { uuidv7 } from 'uuidv7'
import { type ServerOptions, type WebSocket, WebSocketServer } from 'ws'
import type { AllowedOrigins } from '../config/config.js'
import type { Limits } from '../config/limits.js'
import { RefusalError } from '../errors.js'
import { within } from '../within.js'
import { answerPings } from './answer-pings.js'
import type { ClientAddress } from './client-address.js'
import { type Connection, createConnection } from './connection.js'
import { GRAPHQL_PATH, pathOf } from './http.js'
import { HttpRefusalError } from './http-refusal.js'
import { KeepAlive, type KeepAliveOptions } from './keep-alive.js'
import { type FrameLimit, limitFrames } from './limit-frames.js'
import { isAllowedOrigin, originRefused } from './origin.js'
import { ProtocolSocket, type ProtocolSocketOptions } from './protocol-socket.js'
import type { RefuseRaw } from './raw-answer.js'
import { refusalOfHead } from './request-head.js'

/** How long a client may take to read what it was sent before the close frame, and to answer that. */
const CLOSE_WITHIN_MS = 5_000
/** The same when the service is being stopped. */
const STOP_WITHIN_MS = 2_000
/** How long answers are waited for when the service is being stopped. */
const ANSWER_WITHIN_MS = 3_000
/** Registered for RFC 6455: the service restarts. graphql-ws clients come back. */
const SERVICE_RESTART = 1012

export interface WebSocketOptions {
  readonly protocol: ProtocolServer<Connection>
  readonly allowedOrigins: AllowedOrigins
  readonly limits: FrameLimit['limits'] &
    KeepAliveOptions['limits'] &
    ProtocolSocketOptions['limits'] &
    Pick<Limits, 'maxFrameBytes' | 'maxFrameFragments' | 'maxSubscriptionsPerSocket'>
  readonly metrics: FrameLimit['metrics']
  readonly clientAddress: ClientAddress
  /** Tells why there is no socket. */
  readonly refuse: RefuseRaw
  readonly log: Logger
}

/** The WebSocket door: opens sockets, keeps them alive, closes them. What is said over them is the protocol's business. */
export class WebSocketDoor {
  readonly #options: WebSocketOptions
  readonly #server: WebSocketServer
  readonly #keepAlive: KeepAlive
  readonly #connections = new Set<Connection>()
  readonly #requestIds = new WeakMap<IncomingMessage, string>()
  #isClosing = false

  constructor(options: WebSocketOptions) {
    this.#options = options
    const serverOptions: ServerOptions & { closeTimeout: number } = {
      noServer: true,
      maxPayload: options.limits.maxFrameBytes,
      maxFragments: options.limits.maxFrameFragments,
      perMessageDeflate: false,
      handleProtocols,
      autoPong: false,
      closeTimeout: CLOSE_WITHIN_MS,
    }
    this.#server = new WebSocketServer(serverOptions)
    this.#server.on('headers', (headers, request) => {
      headers.push(`x-request-id: ${this.#requestIds.get(request)}`)
    })
    this.#server.on('wsClientError', (_error, stream, request) => {
      const refusal = new HttpRefusalError(
        400,
        'BAD_USER_INPUT',
        'This is no handshake of a WebSocket (RFC 6455): send Connection, Upgrade, Sec-WebSocket-Key and Sec-WebSocket-Version: 13.',
      )
      options.refuse(stream, refusal, this.#requestIds.get(request))
    })
    this.#keepAlive = new KeepAlive(options)
  }

  /** Takes an upgrade request of Node's HTTP server, or refuses it. */
  readonly upgrade = (request: IncomingMessage, stream: Duplex, head: Buffer): void => {
    stream.on('error', () => stream.destroy())
    const requestId = uuidv7()
    const refusal = this.#refusalOf(request)
    if (refusal) {
      this.#options.refuse(stream, refusal, requestId)
      return
    }
    this.#requestIds.set(request, requestId)
    this.#server.handleUpgrade(request, stream, head, (socket) => this.#open(socket, stream as Socket, request))
  }

  /**
   * Closes every socket, so that its client comes back, here or elsewhere. What clients have asked for is answered before,
   * within 3 s; what they ask for now isn't begun any more. Resolves when all are gone.
   */
  async close(): Promise<void> {
    this.#isClosing = true
    await Promise.all([...this.#connections].map(drain))
    await Promise.all([...this.#server.clients].map(gone))
    this.#server.close()
  }

  /** Null: it may be tried to shake hands. */
  #refusalOf(request: IncomingMessage): RefusalError | null {
    const { allowedOrigins } = this.#options
    const refusal = refusalOfHead(request)
    if (refusal) return refusal
    if (this.#isClosing) return new RefusalError('SERVICE_UNAVAILABLE', 'The service restarts: connect again.')
    if (pathOf(request) !== GRAPHQL_PATH) return new RefusalError('NOT_FOUND', `Connect to ${GRAPHQL_PATH}.`)
    if (isAllowedOrigin(allowedOrigins, request.headers.origin)) return null
    return originRefused()
  }

  #open(webSocket: WebSocket, stream: Socket, request: IncomingMessage): void {
    const { protocol, limits, clientAddress, metrics } = this.#options
    const log = this.#options.log.child({ requestId: this.#requestIds.get(request) })
    const socket = new ProtocolSocket(webSocket, { limits, log })
    limitFrames(socket, webSocket, { limits, metrics })
    answerPings(webSocket)
    this.#keepAlive.watch(socket, webSocket, stream)
    const connection = createConnection(socket, { address: clientAddress(request), limits })
    this.#connections.add(connection)
    webSocket.once('close', (code) => {
      this.#connections.delete(connection)
      log.debug({ code }, 'A socket is gone')
    })
    const closed = protocol.opened(socket, connection)
    socket.closing
      .then(({ code, reason }) => closed(code, reason))
      .catch((error) => log.error({ err: error }, 'A socket could not be cleaned up after'))
  }
}

/** Closes a socket when what is under way on it has been answered, or it is closing anyway. */
async function drain(connection: Connection): Promise<void> {
  const { socket, underWay } = connection
  socket.stopListening()
  const answered = new Promise<void>((resolve) => {
    connection.onAnswered = () => {
      if (underWay.size === 0) resolve()
    }
    connection.onAnswered()
  })
  await within(ANSWER_WITHIN_MS, Promise.race([answered, socket.closing]))
  // The last `complete` is handed to the socket in this very step, and so before the close frame.
  await delay(0)
  socket.close(SERVICE_RESTART, 'Service restart')
}

/** Resolves when the socket is closed; one whose client doesn't answer the closing is cut off. */
function gone(socket: WebSocket): Promise<void> {
  return new Promise((resolve) => {
    const cutOff = setTimeout(() => socket.terminate(), STOP_WITHIN_MS)
    socket.once('close', () => {
      clearTimeout(cutOff)
      resolve()
    })
  })
}
