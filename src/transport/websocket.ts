import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { handleProtocols, type Server as ProtocolServer } from 'graphql-ws'
import type { Logger } from 'pino'
import { type WebSocket, WebSocketServer } from 'ws'
import type { AllowedOrigins } from '../config.js'
import type { Connection } from './graphql-over-websocket.js'
import { GRAPHQL_PATH, pathOf } from './http.js'
import { isAllowedOrigin } from './origin.js'
import { ProtocolSocket } from './protocol-socket.js'

const MAX_FRAGMENTS = 64
const PING_EVERY_MS = 12_000
const CLOSE_WITHIN_MS = 2_000
/** Registered for RFC 6455: the service restarts. graphql-ws clients come back. */
const SERVICE_RESTART = 1012

export interface WebSocketOptions {
  readonly protocol: ProtocolServer<Connection>
  readonly allowedOrigins: AllowedOrigins
  readonly maxFrameBytes: number
  readonly log: Logger
}

/** The WebSocket door: opens sockets, keeps them alive, closes them. What is said over them is the protocol's business. */
export class WebSocketDoor {
  readonly #options: WebSocketOptions
  readonly #server: WebSocketServer
  readonly #sockets = new Set<ProtocolSocket>()
  #isClosing = false

  constructor(options: WebSocketOptions) {
    this.#options = options
    this.#server = new WebSocketServer({
      noServer: true,
      maxPayload: options.maxFrameBytes,
      maxFragments: MAX_FRAGMENTS,
      perMessageDeflate: false,
      handleProtocols,
    })
  }

  /** Takes an upgrade request of Node's HTTP server, or refuses it. */
  readonly upgrade = (request: IncomingMessage, stream: Duplex, head: Buffer): void => {
    stream.on('error', () => stream.destroy())
    if (this.#isClosing) refuse(stream, '503 Service Unavailable', 'The service restarts.')
    else if (pathOf(request) !== GRAPHQL_PATH) refuse(stream, '404 Not Found', `Connect to ${GRAPHQL_PATH}.`)
    else if (!isAllowedOrigin(this.#options.allowedOrigins, request.headers.origin)) {
      refuse(stream, '403 Forbidden', 'Pages of this origin may not connect.')
    } else this.#server.handleUpgrade(request, stream, head, (socket) => this.#open(socket))
  }

  /** Closes every socket, so that its client comes back, here or elsewhere. Resolves when all are gone. */
  async close(): Promise<void> {
    this.#isClosing = true
    for (const socket of this.#sockets) socket.close(SERVICE_RESTART, 'Service restart')
    await Promise.all([...this.#server.clients].map(gone))
    this.#server.close()
  }

  #open(webSocket: WebSocket): void {
    const { protocol, log } = this.#options
    keepAlive(webSocket)
    const socket = new ProtocolSocket(webSocket, log)
    this.#sockets.add(socket)
    webSocket.once('close', () => this.#sockets.delete(socket))
    const closed = protocol.opened(socket, { socket, viewer: null, stopExpiry: () => {}, starting: new Set() })
    socket.closing
      .then(({ code, reason }) => closed(code, reason))
      .catch((error) => log.error({ err: error }, 'A socket could not be cleaned up after'))
  }
}

/** Pings, and ends the socket when a ping got no answer by the time of the next. */
function keepAlive(socket: WebSocket): void {
  let isAlive = true
  socket.on('pong', () => {
    isAlive = true
  })
  const pinging = setInterval(() => {
    if (!isAlive) socket.terminate()
    else if (socket.readyState === socket.OPEN) {
      isAlive = false
      socket.ping()
    }
  }, PING_EVERY_MS)
  socket.once('close', () => clearInterval(pinging))
}

/** Resolves when the socket is closed; one whose client doesn't answer the closing is cut off. */
function gone(socket: WebSocket): Promise<void> {
  return new Promise((resolve) => {
    const cutOff = setTimeout(() => socket.terminate(), CLOSE_WITHIN_MS)
    socket.once('close', () => {
      clearTimeout(cutOff)
      resolve()
    })
  })
}

function refuse(stream: Duplex, status: string, message: string): void {
  const head = [`HTTP/1.1 ${status}`, 'Connection: close', 'Content-Type: text/plain; charset=utf-8']
  stream.end(`${head.join('\r\n')}\r\nContent-Length: ${Buffer.byteLength(message)}\r\n\r\n${message}`)
}
