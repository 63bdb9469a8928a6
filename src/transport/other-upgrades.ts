import type { IncomingMessage, Server } from 'node:http'
import type { Socket } from 'node:net'

/** Whether a request asks for a WebSocket, as `ws` takes it. */
export function asksForWebSocket({ headers }: IncomingMessage): boolean {
  return headers.upgrade?.toLowerCase() === 'websocket'
}

/**
 * Answers a request that asks for another protocol as if it didn't, as RFC 9110, 7.8 has it: some clients, Java's for
 * example, ask for HTTP/2 with each request without TLS. Node's parser stops at such a head, so it is put back without that,
 * and the connection is read anew.
 *
 * @param rest what came behind the head.
 */
export function answerWithoutUpgrade(server: Server, request: IncomingMessage, stream: Socket, rest: Buffer): void {
  const { method, url, httpVersion, rawHeaders } = request
  const lines = [`${method} ${url} HTTP/${httpVersion}`]
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? ''
    if (name.toLowerCase() !== 'upgrade') lines.push(`${name}: ${rawHeaders[index + 1]}`)
  }
  // As Node reads it: each byte is a character.
  const head = Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1')
  stream.unshift(Buffer.concat([head, rest]))
  server.emit('connection', stream)
}
