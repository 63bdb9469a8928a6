import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { StartupError } from '../startup-error.js'

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

/**
 * Begins to listen.
 *
 * @throws {StartupError} with one line that names the address, when it is taken or may not be used.
 */
export async function startHttpServer(
  address: Address,
  {
    onRequest,
    onUpgrade,
  }: { onRequest: RequestListener; onUpgrade: (request: IncomingMessage, stream: Duplex, head: Buffer) => void },
): Promise<HttpServer> {
  const server = createServer()
  const beginLastAnswers = watchAnswers(server)
  server.on('request', onRequest)
  server.on('upgrade', onUpgrade)
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
      beginLastAnswers()
      return close(server)
    },
  }
}

/**
 * A connection whose client asks one thing after another is never idle: it would be served until it is cut off, in the
 * middle of something.
 *
 * @returns to be called when the server begins to close: each answer from then on says that it is the last of its connection.
 */
function watchAnswers(server: Server): () => void {
  const unanswered = new Set<ServerResponse>()
  let isClosing = false
  const beLast = (response: ServerResponse) => {
    if (!response.headersSent) response.setHeader('connection', 'close')
  }
  server.on('request', (_request, response) => {
    if (isClosing) beLast(response)
    unanswered.add(response)
    response.once('close', () => unanswered.delete(response))
  })
  return () => {
    isClosing = true
    for (const response of unanswered) beLast(response)
  }
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
