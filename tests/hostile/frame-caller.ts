import { once } from 'node:events'
import type { Duplex } from 'node:stream'
import { WebSocket } from 'ws'
import type { Random } from '../testkit/random.js'
import type { Frame } from '../testkit/raw-socket.js'
import type { DocumentMaker } from './documents.js'

const MOST_FRAMES = 20

/** What a socket came to. */
export interface SocketOutcome {
  readonly framesSent: number
  readonly frames: readonly Frame[]
  /** Null: the server took everything. */
  readonly closeCode: number | null
}

/** Opens sockets and says on them what no good client would. */
export class FrameCaller {
  readonly #url: string
  readonly #token: string
  readonly #random: Random
  readonly #documents: DocumentMaker

  constructor(parts: { url: string; token: string; random: Random; documents: DocumentMaker }) {
    this.#url = parts.url
    this.#token = parts.token
    this.#random = parts.random
    this.#documents = parts.documents
  }

  /** One socket from its opening to its end. */
  async talk(): Promise<SocketOutcome> {
    const random = this.#random
    const socket = new WebSocket(this.#url, 'graphql-transport-ws')
    const frames: Frame[] = []
    let closeCode: number | null = null
    const closed = new Promise<void>((resolve) => {
      socket.once('close', (code) => {
        closeCode = code
        resolve()
      })
    })
    socket.on('message', (data) => frames.push(JSON.parse(String(data))))
    socket.on('error', () => {})
    await once(socket, 'open')
    if (random.fraction() < 0.97) {
      socket.send(this.#initiation())
      await Promise.race([once(socket, 'message'), closed])
    }
    let framesSent = 1
    for (let count = random.between(1, MOST_FRAMES); count > 0 && socket.readyState === socket.OPEN; count -= 1) {
      this.#say(socket)
      framesSent += 1
    }
    // Answered when all that was said before has been read.
    socket.ping()
    await Promise.race([once(socket, 'pong'), closed])
    const isTaken = closeCode === null
    if (random.fraction() < 0.5) socket.close()
    else socket.terminate()
    await closed
    return { framesSent, frames, closeCode: isTaken ? null : closeCode }
  }

  #initiation(): string {
    const init = JSON.stringify({ type: 'connection_init', payload: { authorization: `Bearer ${this.#token}` } })
    return this.#random.fraction() < 0.05 ? this.#documents.mutate(init) : init
  }

  #say(socket: WebSocket): void {
    const random = this.#random
    const dice = random.fraction()
    if (dice < 0.01) {
      // Not a frame at all.
      const { _socket: stream } = socket as unknown as { _socket: Duplex }
      stream.write(Buffer.from(Array.from({ length: random.between(1, 50) }, () => random.between(0, 255))))
    } else if (dice < 0.03) socket.send(Buffer.from([0xc3, 0x28, random.between(0, 255)]), { binary: dice < 0.02 })
    else if (dice < 0.06) socket.ping('x'.repeat(random.between(0, 125)))
    else socket.send(dice < 0.1 ? this.#documents.mutate(this.#message()) : this.#message())
  }

  #message(): string {
    const random = this.#random
    const id =
      random.fraction() < 0.95 ? String(random.between(1, 9_999)) : random.pick(['__proto__', '', 'x'.repeat(500)])
    const type = random.fraction() < 0.9 ? 'subscribe' : random.pick(['complete', 'ping', 'pong', 'next'])
    const payload =
      type === 'subscribe'
        ? { query: this.#documents.next(), variables: random.pick([{}, { id: 'x' }, null, { a: [[[]]] }]) }
        : random.pick([null, {}, { x: 'y'.repeat(100) }])
    return JSON.stringify({ type, id, payload })
  }
}
