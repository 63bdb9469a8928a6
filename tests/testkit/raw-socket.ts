import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import { type ClientOptions, WebSocket } from 'ws'

/** A message of the protocol, as it came. */
export interface Frame {
  readonly type: string
  readonly id?: string
  readonly payload?: unknown
}

export interface Closing {
  readonly code: number
  readonly reason: string
}

interface RawSocketOptions extends ClientOptions {
  /** Undefined: none is asked for. */
  readonly protocol?: string | undefined
}

/** A socket that speaks graphql-transport-ws by hand: for what a good client never does, and for what it doesn't show. */
export class RawSocket {
  readonly closed: Promise<Closing>
  readonly #socket: WebSocket
  readonly #frames: Frame[] = []
  #closing: Closing | null = null
  #wake: () => void = () => {}

  private constructor(socket: WebSocket) {
    this.#socket = socket
    socket.on('message', (data) => {
      this.#frames.push(JSON.parse(String(data)))
      this.#wake()
    })
    this.closed = new Promise((resolve) => {
      socket.once('close', (code, reason) => {
        this.#closing = { code, reason: String(reason) }
        resolve(this.#closing)
        this.#wake()
      })
    })
  }

  static async open(url: string, { protocol, ...options }: RawSocketOptions): Promise<RawSocket> {
    const socket = new WebSocket(url, protocol === undefined ? [] : [protocol], options)
    const raw = new RawSocket(socket)
    await once(socket, 'open')
    return raw
  }

  /** Opens one, shows the token and waits until it is taken. */
  static async connect(url: string, token: string, options: ClientOptions = {}): Promise<RawSocket> {
    const raw = await RawSocket.open(url, { protocol: 'graphql-transport-ws', ...options })
    raw.send({ type: 'connection_init', payload: { authorization: `Bearer ${token}` } })
    const { type } = await raw.next()
    if (type !== 'connection_ack') throw new Error(`Not acknowledged: ${type}`)
    return raw
  }

  /** How a socket is closed that shows this for a token. */
  static async closingOf(url: string, payload?: unknown, options: ClientOptions = {}): Promise<Closing> {
    const raw = await RawSocket.open(url, { protocol: 'graphql-transport-ws', ...options })
    raw.send({ type: 'connection_init', payload })
    return raw.closed
  }

  send(frame: Frame | string | Buffer): void {
    this.#socket.send(typeof frame === 'string' || Buffer.isBuffer(frame) ? frame : JSON.stringify(frame))
  }

  /** A part of a message. */
  sendFragment(text: string, isLast: boolean): void {
    this.#socket.send(text, { fin: isLast })
  }

  /** A ping of WebSocket itself. */
  ping(data?: string): void {
    this.#socket.ping(data)
  }

  /** Calls back with what each pong carries. */
  onPong(callback: (data: string) => void): void {
    this.#socket.on('pong', (data) => callback(String(data)))
  }

  /** Resolves when that many more pings of the server have come; `ws` answers them. */
  async pinged(times: number): Promise<void> {
    for (let nth = 0; nth < times; nth += 1) await once(this.#socket, 'ping')
  }

  /** A pong that nobody asked for. */
  pong(): void {
    this.#socket.pong()
  }

  subscribe(id: string, query: string, variables: Record<string, unknown> = {}, operationName?: string): void {
    this.send({ type: 'subscribe', id, payload: { query, variables, ...(operationName && { operationName }) } })
  }

  /** The next message, waited for. Fails when the socket closes instead. */
  async next(): Promise<Frame> {
    for (;;) {
      const frame = this.#frames.shift()
      if (frame) return frame
      if (this.#closing) throw new Error(`The socket closed: ${this.#closing.code} ${this.#closing.reason}`)
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  /** What else came before the answer to a ping: the server has seen by then all that was sent before. */
  async untilPong(): Promise<Frame[]> {
    this.send({ type: 'ping' })
    const before: Frame[] = []
    for (let frame = await this.next(); frame.type !== 'pong'; frame = await this.next()) before.push(frame)
    return before
  }

  /** Resolves when the server has read all that was sent before, by a ping below the protocol: it answers that always. */
  async untilRead(): Promise<void> {
    const pong = once(this.#socket, 'pong')
    this.#socket.ping()
    await pong
  }

  /** Takes nothing from the network any more, as a reader does who is too slow. */
  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    this.#socket.resume()
  }

  /** Is gone without a word, as when the cable is pulled. */
  terminate(): void {
    this.#socket.terminate()
  }

  async close(): Promise<void> {
    this.#socket.close()
    await this.closed
  }
}

/** How an upgrade is refused, over plain HTTP. */
export async function upgradeRefusalOf(
  url: string,
  options: ClientOptions = {},
): Promise<{ status: number; body: string }> {
  const socket = new WebSocket(url, ['graphql-transport-ws'], options)
  const [, response] = (await once(socket, 'unexpected-response')) as [unknown, IncomingMessage]
  return { status: response.statusCode ?? 0, body: await text(response) }
}
