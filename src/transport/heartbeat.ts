import type { WebSocket } from 'ws'
import type { WriteProgress } from './write-progress.js'

/** The slowest reader who is waited for. */
const SLOWEST_BYTES_PER_MS = 64
/** What may be on the way to one: the buffers of the systems, there and here. */
const MOST_BYTES_ON_THE_WAY = 10 * 1024 * 1024

/**
 * Whether a peer answers pings. Like its `WriteProgress` it is asked again and again, and counts looks.
 *
 * A ping stands behind all that was sent before it. While something waits in this process its answer isn't waited for:
 * whether that is taken is the business of the write progress. What is on the way gives more time.
 */
export class Heartbeat {
  readonly #socket: WebSocket
  readonly #progress: WriteProgress
  readonly #intervalLooks: number
  readonly #lookEveryMs: number
  #looksLeft: number
  /** What had been taken when the ping was sent that waits for its answer; null when none does. */
  #pingedAfterBytes: number | null = null
  /** What the peer is known to have read. */
  #readBytes = 0

  constructor(socket: WebSocket, progress: WriteProgress, intervalLooks: number, lookEveryMs: number) {
    this.#socket = socket
    this.#progress = progress
    this.#intervalLooks = intervalLooks
    this.#lookEveryMs = lookEveryMs
    this.#looksLeft = intervalLooks
    socket.on('pong', () => {
      if (this.#pingedAfterBytes === null) return
      this.#readBytes = this.#pingedAfterBytes
      this.#pingedAfterBytes = null
      this.#looksLeft = intervalLooks
    })
  }

  /** Sends a ping when it is time to. @returns whether the one before was not answered in time. */
  look(): boolean {
    const isWaiting = this.#pingedAfterBytes !== null
    if (this.#progress.owedBytes > 0) {
      if (isWaiting) this.#looksLeft = this.#looksToAnswer()
      return false
    }
    this.#looksLeft -= 1
    if (this.#looksLeft > 0) return false
    if (isWaiting) return true
    this.#pingedAfterBytes = this.#progress.takenBytes
    this.#looksLeft = this.#looksToAnswer()
    this.#socket.ping()
    return false
  }

  #looksToAnswer(): number {
    const bytesOnTheWay = Math.min(this.#progress.takenBytes - this.#readBytes, MOST_BYTES_ON_THE_WAY)
    return this.#intervalLooks + Math.ceil(bytesOnTheWay / SLOWEST_BYTES_PER_MS / this.#lookEveryMs)
  }
}
