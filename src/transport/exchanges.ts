import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { linger } from './raw-answer.js'

/** What has been asked of a server and is not answered yet. */
export class Exchanges {
  readonly #unanswered = new Map<Socket, Set<ServerResponse>>()
  /** Connections on which something was answered before all of it had arrived. */
  readonly #answeredEarly = new WeakSet<Socket>()
  #isClosing = false

  constructor(server: Server) {
    server.on('request', (request, response) => this.#begin(request, response))
  }

  /** The connections of all that. */
  get connections(): Iterable<Socket> {
    return this.#unanswered.keys()
  }

  /**
   * A connection whose client asks one thing after another is never idle: it would be served until it is cut off, in the
   * middle of something. From now on each answer says that it is the last of its connection.
   */
  beginLastAnswers(): void {
    this.#isClosing = true
    for (const responses of this.#unanswered.values()) for (const response of responses) beLast(response)
  }

  /**
   * Whether a refusal can be written to a connection by hand. It can't in the middle of an answer; nor when the answer to
   * something that has arrived is still due, for the client would take the refusal for that.
   */
  canBeRefused(stream: Socket): boolean {
    if (!stream.writable || this.#answeredEarly.has(stream)) return false
    const responses = [...(this.#unanswered.get(stream) ?? [])]
    return responses.every(({ headersSent, req }) => !headersSent && !req.complete)
  }

  #begin(request: IncomingMessage, response: ServerResponse): void {
    const { socket } = request
    if (this.#isClosing) beLast(response)
    const responses = this.#unanswered.get(socket) ?? new Set()
    this.#unanswered.set(socket, responses.add(response))
    response.once('finish', () => {
      if (request.complete) return
      this.#answeredEarly.add(socket)
      request.once('close', () => this.#answeredEarly.delete(socket))
      linger(socket, request)
    })
    response.once('close', () => {
      responses.delete(response)
      if (responses.size === 0) this.#unanswered.delete(socket)
    })
  }
}

function beLast(response: ServerResponse): void {
  if (!response.headersSent) response.setHeader('connection', 'close')
}
