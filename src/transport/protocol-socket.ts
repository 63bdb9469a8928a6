import { CloseCode } from 'graphql-ws'
import type { Logger } from 'pino'
import type { WebSocket } from 'ws'
import type { Limits } from '../config/limits.js'

/** Registered for RFC 6455: try again later. graphql-ws clients do. */
export const TRY_AGAIN_LATER = 1013
/** What stands for "no close frame". */
const ABNORMAL_CLOSURE = 1006
/** RFC 6455, 5.5.1: what a close frame holds besides its code. */
const MAX_REASON_BYTES = 123

/** A frame that is owed costs more than its bytes. */
const FRAME_COST_BYTES = 1024

export interface ProtocolSocketOptions {
  /** What a client may be owed before it is not listened to any more, so that it can't ask for more than it reads. */
  readonly limits: Pick<Limits, 'maxOwedBytes'>
  readonly log: Logger
}

/** How a socket is closed. */
export interface Closing {
  readonly code: number
  readonly reason: string
}

/** One WebSocket, as graphql-ws' `makeServer` wants it: text in, text out, one end. */
export class ProtocolSocket {
  /**
   * Resolves once, as soon as the socket begins to close, whoever closes it. From then on it takes no message and sends
   * none, so whatever goes on for its sake can end: the closing itself may wait for a slow peer.
   */
  readonly closing: Promise<Closing>
  /** Every line about this socket has the id of the request that opened it. */
  readonly log: Logger
  readonly #socket: WebSocket
  readonly #maxOwedBytes: number
  #begin: (closing: Closing) => void = () => {}
  #waitingFrames = 0
  #isListening = true
  /** For how long the client was held back, up to the last time; and since when it is, if it is. */
  #heldBackMs = 0
  #heldBackSince: number | null = null

  constructor(socket: WebSocket, { limits, log }: ProtocolSocketOptions) {
    this.#socket = socket
    this.#maxOwedBytes = limits.maxOwedBytes
    this.log = log
    this.closing = new Promise((resolve) => {
      this.#begin = resolve
    })
    // A frame too large, or one that isn't a frame: `ws` closes the socket with the fitting code.
    socket.on('error', (error) => {
      log.debug({ err: error }, 'A socket broke')
      this.#begin({ code: ABNORMAL_CLOSURE, reason: '' })
    })
    socket.once('close', (code, reason) => this.#begin({ code, reason: String(reason) }))
  }

  get protocol(): string {
    return this.#socket.protocol
  }

  get isOpen(): boolean {
    return this.#socket.readyState === this.#socket.OPEN
  }

  /** For how long the client was not listened to, altogether, because it was owed too much. */
  get heldBackMs(): number {
    return this.#heldBackMs + (this.#heldBackSince === null ? 0 : performance.now() - this.#heldBackSince)
  }

  /** Resolves when the frame is with the system, or will never be: that holds a fast sender back behind a slow reader. */
  send(data: string): Promise<void> {
    return new Promise((resolve) => {
      // The peer closes; nothing else tells.
      if (!this.isOpen) {
        this.#begin({ code: ABNORMAL_CLOSURE, reason: '' })
        resolve()
        return
      }
      this.#waitingFrames += 1
      this.#socket.send(data, (error) => {
        this.#waitingFrames -= 1
        if (this.#owedBytes <= this.#maxOwedBytes / 2) this.#letSpeak()
        // No fault of the operation: it ends with its socket.
        if (error) this.#begin({ code: ABNORMAL_CLOSURE, reason: '' })
        resolve()
      })
      if (this.#owedBytes > this.#maxOwedBytes) this.#holdBack()
    })
  }

  /** Takes no message any more: what is said now is left for the next socket. */
  stopListening(): void {
    this.#isListening = false
  }

  /** Begins to close. Of several reasons the first counts. */
  close(code: number, reason: string): void {
    if (!this.isOpen) return
    this.#socket.close(code, clip(reason))
    // To hear the answer.
    this.#letSpeak()
    this.#begin({ code, reason })
  }

  /** Cuts the connection off, without a word. */
  terminate(): void {
    this.#socket.terminate()
  }

  onMessage(receive: (data: string) => Promise<void>): void {
    this.#socket.on('message', (data) => {
      // What a peer says while we close isn't done: nobody would end it.
      if (!this.isOpen || !this.#isListening) return
      receive(String(data)).catch((error: Error) => {
        // graphql-ws throws when a client says what only servers say.
        if (error.message.startsWith('Unexpected message'))
          return this.close(CloseCode.BadRequest, 'Unexpected message')
        this.log.error({ err: error }, 'A message could not be handled')
        return this.close(TRY_AGAIN_LATER, 'Try again later')
      })
    })
  }

  #holdBack(): void {
    this.#heldBackSince ??= performance.now()
    this.#socket.pause()
  }

  #letSpeak(): void {
    if (this.#heldBackSince === null) return
    this.#heldBackMs = this.heldBackMs
    this.#heldBackSince = null
    this.#socket.resume()
  }

  get #owedBytes(): number {
    return this.#socket.bufferedAmount + this.#waitingFrames * FRAME_COST_BYTES
  }
}

/** A reason may quote the client; `ws` throws when it is too long. */
function clip(reason: string): string {
  const bytes = Buffer.from(reason)
  if (bytes.length <= MAX_REASON_BYTES) return reason
  // A character that was cut in two shows as U+FFFD.
  return bytes
    .subarray(0, MAX_REASON_BYTES)
    .toString()
    .replace(/\uFFFD+$/, '')
}
