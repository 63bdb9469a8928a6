import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { linger } from './raw-answer.js'

/** What has been asked of a server and is not answered yet. */
export class Exchanges {
  readonly #unanswered = new Map<Duplex, Set<ServerResponse>>()
  #isClosing = false

  constructor(server: Server) {
    server.on('request', (request, response) => this.#begin(request, response))
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
  canBeRefused(stream: Duplex): boolean {
    const responses = [...(this.#unanswered.get(stream) ?? [])]
    return stream.writable && responses.every(({ headersSent, req }) => !headersSent && !req.complete)
  }

  #begin(request: IncomingMessage, response: ServerResponse): void {
    const { socket } = request
    if (this.#isClosing) beLast(response)
    const responses = this.#unanswered.get(socket) ?? new Set()
    this.#unanswered.set(socket, responses.add(response))
    response.once('finish', () => {
      // Answered before the end of its body, as soon as it was clear that it is refused.
      if (!request.complete) linger(socket, request)
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
