import type { Socket } from 'node:net'
import type { WebSocket } from 'ws'
import type { Limits } from '../config/limits.js'
import { Heartbeat } from './heartbeat.js'
import { type ProtocolSocket, TRY_AGAIN_LATER } from './protocol-socket.js'
import { findStalled, WriteProgress } from './write-progress.js'

const LOOKS_IN_A_TIMEOUT = 10
const LONGEST_BETWEEN_LOOKS_MS = 1_000

export interface KeepAliveOptions {
  /** For how long a socket may owe something without any of it being taken; how often a ping is sent, and how long its answer waited for. */
  readonly limits: Pick<Limits, 'writeStallTimeoutMs' | 'pingIntervalMs'>
}

interface Watched {
  readonly socket: ProtocolSocket
  readonly progress: WriteProgress
  readonly heartbeat: Heartbeat
}

/**
 * Finds the sockets whose peers don't read, and those whose peers are gone: one timer looks at all of them.
 *
 * Time is counted in looks, and not read from a clock: a process that was suspended finds nobody late when it goes on.
 */
export class KeepAlive {
  readonly #lookEveryMs: number
  readonly #pingIntervalLooks: number
  readonly #stallLooks: number
  readonly #watched = new Set<Watched>()
  #timer: NodeJS.Timeout | undefined

  constructor({ limits: { writeStallTimeoutMs, pingIntervalMs } }: KeepAliveOptions) {
    const shortestMs = Math.min(writeStallTimeoutMs, pingIntervalMs)
    this.#lookEveryMs = Math.min(shortestMs / LOOKS_IN_A_TIMEOUT, LONGEST_BETWEEN_LOOKS_MS)
    this.#pingIntervalLooks = Math.ceil(pingIntervalMs / this.#lookEveryMs)
    this.#stallLooks = Math.ceil(writeStallTimeoutMs / this.#lookEveryMs)
  }

  /** Looks after a socket until it is closed. */
  watch(socket: ProtocolSocket, webSocket: WebSocket, stream: Socket): void {
    const progress = new WriteProgress(stream)
    const heartbeat = new Heartbeat(webSocket, progress, this.#pingIntervalLooks, this.#lookEveryMs)
    const watched = { socket, progress, heartbeat }
    this.#watched.add(watched)
    this.#timer ??= setInterval(() => void this.#look(), this.#lookEveryMs)
    webSocket.once('close', () => {
      this.#watched.delete(watched)
      if (this.#watched.size > 0) return
      clearInterval(this.#timer)
      this.#timer = undefined
    })
  }

  async #look(): Promise<void> {
    const answering: Watched[] = []
    for (const watched of this.#watched) {
      const { socket, progress, heartbeat } = watched
      progress.look()
      if (socket.isOpen && heartbeat.look()) socket.terminate()
      else answering.push(watched)
    }
    for (const { socket, progress } of await findStalled(answering, this.#stallLooks)) this.#giveUp(socket, progress)
  }

  #giveUp(socket: ProtocolSocket, progress: WriteProgress): void {
    // One that is closing already, perhaps because its peer said so, is not waited for again.
    if (socket.isOpen) {
      socket.log.info({ owedBytes: progress.owedBytes }, 'A socket is closed: its client reads too slowly')
      progress.startOver()
      socket.close(TRY_AGAIN_LATER, 'Too slow')
    } else socket.terminate()
  }
}
