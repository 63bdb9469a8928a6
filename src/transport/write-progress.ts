import type { Socket } from 'node:net'
import { inodeOf, readTcpQueues } from './tcp-queues.js'

/** From this part of the time on, one that seems to stand still is compared with what the system holds. */
const SUSPECT_AFTER = 1 / 4

/** What Node keeps to itself; its own timeout of sockets looks at the queue too (`_onTimeout` in lib/net.js). */
interface SocketWithHandle {
  readonly _handle?: { readonly writeQueueSize?: number; readonly fd?: number } | null
}

/**
 * Whether a connection takes what it is sent. It is asked again and again: it counts for how many looks in a row
 * something was owed and nothing of it was taken.
 *
 * A frame may be large and the reader slow, so it is not enough to wait for whole frames: what the system has taken of
 * one counts. It takes nothing before about a third of what it holds is gone, which can be 1.5 MB; so a connection that
 * seems to stand still is compared with the system's own queue as well.
 */
export class WriteProgress {
  readonly #stream: Socket & SocketWithHandle
  #looksInVain = 0
  #takenBytes = 0
  #queuedBytes = 0
  /** What the system held at the last comparison; null when there is none to compare with. */
  #heldBytes: number | null = null
  #inode: number | null = null

  constructor(stream: Socket) {
    this.#stream = stream
  }

  /** What waits in this process. */
  get owedBytes(): number {
    return this.#stream.writableLength
  }

  /** What the system has taken of all that was ever sent, counted in whole writes. */
  get takenBytes(): number {
    return this.#stream.bytesWritten - this.#stream.writableLength
  }

  get looksInVain(): number {
    return this.#looksInVain
  }

  look(): void {
    const { takenBytes } = this
    const queuedBytes = this.#stream._handle?.writeQueueSize ?? 0
    const isStill = takenBytes === this.#takenBytes && queuedBytes === this.#queuedBytes
    this.#takenBytes = takenBytes
    this.#queuedBytes = queuedBytes
    if (this.owedBytes > 0 && isStill) this.#looksInVain += 1
    else this.startOver()
  }

  /** A second opinion: what the system holds, by the inode of the socket. */
  compare(tcpQueues: ReadonlyMap<number, number>): void {
    this.#inode ??= inodeOf(this.#stream._handle?.fd ?? -1)
    const heldBytes = tcpQueues.get(this.#inode ?? 0)
    if (heldBytes === undefined) return
    if (this.#heldBytes !== null && heldBytes !== this.#heldBytes) this.#looksInVain = 0
    this.#heldBytes = heldBytes
  }

  startOver(): void {
    this.#looksInVain = 0
    this.#heldBytes = null
  }
}

/** Of those that were just looked at, the ones that have taken nothing for so many looks. */
export async function findStalled<Watched extends { readonly progress: WriteProgress }>(
  watched: readonly Watched[],
  stallLooks: number,
): Promise<Watched[]> {
  const suspects = watched.filter(({ progress }) => progress.looksInVain >= stallLooks * SUSPECT_AFTER)
  // Long for many connections, so it isn't read unless somebody seems to stand still.
  if (suspects.length === 0) return []
  const tcpQueues = await readTcpQueues()
  for (const { progress } of suspects) progress.compare(tcpQueues)
  return suspects.filter(({ progress }) => progress.looksInVain >= stallLooks)
}
