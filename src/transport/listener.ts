import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Limits } from '../config/limits.js'
import { StartupError } from '../startup-error.js'
import { Exchanges } from './exchanges.js'
import { type HttpRefusalError, methodNotAllowed } from './http-refusal.js'
import { answerWithoutUpgrade, asksForWebSocket } from './other-upgrades.js'
import { explainUnreadable, MAX_HEADERS, refusalOfHead } from './request-head.js'
import { cutOffStalledReaders } from './stalled-readers.js'

/** Where a server listens. */
export interface Address {
  readonly host: string
  readonly port: number
}

export interface HttpServer {
  readonly address: Address
  /** Takes no new connections, and resolves when the last answer under way has been given, or after a while without it. */
  close(): Promise<void>
}

const FINISH_WITHIN_MS = 5_000
/** Longer than the minute for which proxies commonly keep a connection: else they would use one that is just being closed. */
const KEEP_ALIVE_MS = 65_000
/** Requests that take too long are looked for this often. */
const LOOKS_IN_A_TIMEOUT = 10
const LONGEST_BETWEEN_LOOKS_MS = 1_000

export interface HttpServerOptions {
  readonly onRequest: RequestListener
  readonly onUpgrade: (request: IncomingMessage, stream: Duplex, head: Buffer) => void
  /** Tells a client why its request can't be read. Called at most once for a connection. */
  readonly onUnreadable: (stream: Duplex, refusal: HttpRefusalError) => void
  readonly limits: Pick<Limits, 'maxHeaderBytes' | 'maxBodyBytes' | 'requestTimeoutMs' | 'writeStallTimeoutMs'>
}

/**
 * Begins to listen.
 *
 * @throws {StartupError} with one line that names the address, when it is taken or may not be used.
 */
export async function startHttpServer(address: Address, options: HttpServerOptions): Promise<HttpServer> {
  const server = createLimitedServer(options.limits)
  const exchanges = new Exchanges(server)
  server.on('request', options.onRequest)
  server.on('upgrade', (request, stream, rest) => {
    if (asksForWebSocket(request)) return options.onUpgrade(request, stream, rest)
    const refusal = refusalOfHead(request)
    // What is asked before it on this connection must be answered before it.
    if (!exchanges.canBeRefused(stream as Socket)) return stream.destroy()
    if (refusal) return options.onUnreadable(stream, refusal)
    return answerWithoutUpgrade(server, request, stream as Socket, rest)
  })
  refuseUnreadable(server, exchanges, options)
  server.once(
    'close',
    cutOffStalledReaders(() => exchanges.connections, options.limits.writeStallTimeoutMs),
  )
  server.listen(address)
  try {
    await once(server, 'listening')
  } catch (cause) {
    throw new StartupError(explain(cause as NodeJS.ErrnoException, address), { cause })
  }
  const { port } = server.address() as AddressInfo
  return {
    address: { host: address.host, port },
    close() {
      exchanges.beginLastAnswers()
      return close(server)
    },
  }
}

function createLimitedServer({ maxHeaderBytes, maxBodyBytes, requestTimeoutMs }: HttpServerOptions['limits']): Server {
  const server = createServer({
    maxHeaderSize: maxHeaderBytes,
    requestTimeout: requestTimeoutMs,
    headersTimeout: requestTimeoutMs,
    connectionsCheckingInterval: Math.min(requestTimeoutMs / LOOKS_IN_A_TIMEOUT, LONGEST_BETWEEN_LOOKS_MS),
    keepAliveTimeout: KEEP_ALIVE_MS,
    insecureHTTPParser: false,
    // What Node refuses by itself would go out without our headers: refusalOfHead does it.
    requireHostHeader: false,
  })
  server.maxHeadersCount = MAX_HEADERS + 1
  server.on('checkExpectation', (request, response) => server.emit('request', request, response))
  server.on('checkContinue', (request, response) => {
    if (Number(request.headers['content-length'] ?? 0) <= maxBodyBytes) response.writeContinue()
    server.emit('request', request, response)
  })
  return server
}

function refuseUnreadable(server: Server, exchanges: Exchanges, { onUnreadable, limits }: HttpServerOptions): void {
  const refused = new WeakSet<Socket>()
  const refuse = (stream: Socket, refusal: HttpRefusalError | null) => {
    // What comes after that is not read either, and says so again and again.
    if (refused.has(stream)) return
    refused.add(stream)
    if (refusal && exchanges.canBeRefused(stream)) onUnreadable(stream, refusal)
    else stream.destroy()
  }
  server.on('clientError', (error, stream) => refuse(stream as Socket, explainUnreadable(error, limits)))
  server.on('connect', (_request, stream) => {
    refuse(stream as Socket, methodNotAllowed('The service', ['GET', 'HEAD', 'POST', 'OPTIONS']))
  })
}

async function close(server: Server): Promise<void> {
  const closed = once(server, 'close')
  server.close()
  server.closeIdleConnections()
  const cutOff = setTimeout(() => server.closeAllConnections(), FINISH_WITHIN_MS)
  await closed
  clearTimeout(cutOff)
}

function explain({ code, message }: NodeJS.ErrnoException, { host, port }: Address): string {
  switch (code) {
    case 'EADDRINUSE':
      return `Port ${port} on ${host} is in use by another process: stop it, or set PORT to another port.`
    case 'EACCES':
      return `Port ${port} on ${host} may not be used by this user: set PORT to one above 1023.`
    case 'EADDRNOTAVAIL':
      return `This machine has no address ${host}: set HOST to one of its own.`
    default:
      return `Can't listen on ${host}, port ${port}: ${message}`
  }
}
