import { type Client, type ClientOptions, createClient, TerminatedCloseEvent } from 'graphql-ws'

/** What a WebSocket is in browsers, in Node and in `ws`. */
type Socket = { onmessage: unknown; close(): void; addEventListener(type: 'open', listener: () => void): void }
type SocketClass = new (url: string, protocol: string) => Socket

/** Somewhere in the first 0.5 s, 1 s, 2 s … 30 s: so that not all come back in the same moment. */
const pauseMs = (failures: number) => Math.random() * Math.min(30_000, 500 * 2 ** failures)

export interface ReconnectingOptions extends Omit<ClientOptions, 'connectionParams' | 'shouldRetry'> {
  /** Asked at each connection. When it fails, it is asked again after a pause; null is final, and ends everything. */
  readonly token: () => string | null | Promise<string | null>
  /** How long the answer to a ping may take, and a connection to open. */
  readonly patienceMs?: number
}

/** A client of graphql-ws that connects again for ever, also when a connection dies without a word. */
export function reconnectingClient({ token, patienceMs = 5_000, ...options }: ReconnectingOptions): Client {
  let current: Socket | undefined
  let unanswered: ReturnType<typeof setTimeout> | undefined
  class WatchedSocket extends ((options.webSocketImpl ?? Reflect.get(globalThis, 'WebSocket')) as SocketClass) {
    constructor(url: string, protocol: string) {
      super(url, protocol)
      current = this
      const opening = setTimeout(() => this.close(), patienceMs)
      this.addEventListener('open', () => clearTimeout(opening))
    }
  }
  /** To close it would be to wait for an answer of the peer. After `terminate` graphql-ws connects again at once. */
  function abandon(socket: Socket | undefined): void {
    if (!socket || socket !== current) return
    socket.onmessage = null // What it still says comes again over the next one.
    client.terminate()
  }
  const client = createClient({
    keepAlive: 10_000,
    connectionAckWaitTimeout: 20_000, // Longer than a ping takes: by then it is known that the peer is there.
    retryAttempts: Number.POSITIVE_INFINITY,
    retryWait: (retries) => new Promise((resolve) => setTimeout(resolve, pauseMs(retries))),
    ...options,
    webSocketImpl: WatchedSocket,
    // Also when a connection is refused. What the application itself throws is an Error, and would only be thrown again.
    shouldRetry: (reason) => !(reason instanceof Error) || reason instanceof TerminatedCloseEvent,
    async connectionParams() {
      const socket = current
      const answer = await (async () => token())().catch(() => abandon(socket))
      if (answer === null) throw new Error('There is no token any more')
      return { token: answer }
    },
  })
  client.on('ping', (isReceived) => {
    if (!isReceived) unanswered = setTimeout(abandon, patienceMs, current)
  })
  client.on('pong', (isReceived) => isReceived && clearTimeout(unanswered))
  client.on('closed', () => clearTimeout(unanswered))
  return client
}
