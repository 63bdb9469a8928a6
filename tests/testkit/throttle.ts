import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'

const REFILL_EVERY_MS = 20

/**
 * Stands before a service and passes on what it says no faster than it is told to, as a slow network does; what clients
 * say goes through at once. It takes from the service only what it passes on.
 */
export class Throttle {
  /** How much may still be passed on, in bytes. */
  #allowance = Number.POSITIVE_INFINITY
  #bytesPerSecond = 0
  readonly #server: Server
  /** The connections to the service, and for whom they are. */
  readonly #clients = new Map<Socket, Socket>()
  readonly #timer: NodeJS.Timeout

  private constructor(target: URL) {
    this.#server = createServer({ allowHalfOpen: true }, (client) => this.#connect(client, target))
    this.#timer = setInterval(() => this.allow((this.#bytesPerSecond * REFILL_EVERY_MS) / 1_000), REFILL_EVERY_MS)
  }

  static async start(targetUrl: string): Promise<Throttle> {
    const throttle = new Throttle(new URL(targetUrl))
    throttle.#server.listen(0, '127.0.0.1')
    await once(throttle.#server, 'listening')
    return throttle
  }

  /** Where to connect to. */
  get webSocketUrl(): string {
    return `ws://127.0.0.1:${(this.#server.address() as AddressInfo).port}/graphql`
  }

  /** From now on passes this much on in a second; Infinity: everything. */
  setRate(bytesPerSecond: number): void {
    this.#bytesPerSecond = bytesPerSecond === Number.POSITIVE_INFINITY ? 0 : bytesPerSecond
    this.#allowance = bytesPerSecond === Number.POSITIVE_INFINITY ? bytesPerSecond : 0
    this.#passOn()
  }

  /** Passes this much more on. */
  allow(bytes: number): void {
    this.#allowance += bytes
    this.#passOn()
  }

  /** Says to the service that its clients will say nothing more, and leaves its side of the connections open. */
  endSending(): void {
    for (const upstream of this.#clients.keys()) upstream.end()
  }

  async close(): Promise<void> {
    clearInterval(this.#timer)
    for (const upstream of this.#clients.keys()) upstream.destroy()
    this.#server.close()
    await once(this.#server, 'close')
  }

  #connect(client: Socket, { hostname, port }: URL): void {
    const upstream = connect({ host: hostname, port: Number(port), allowHalfOpen: true })
    this.#clients.set(upstream, client)
    client.pipe(upstream)
    upstream.on('readable', () => this.#passOn())
    upstream.on('end', () => client.end())
    upstream.on('close', () => {
      this.#clients.delete(upstream)
      client.destroy()
    })
    client.on('close', () => upstream.destroy())
    for (const socket of [client, upstream]) socket.on('error', () => socket.destroy())
  }

  #passOn(): void {
    for (const [upstream, client] of this.#clients) {
      while (this.#allowance >= 1 && upstream.readableLength > 0) {
        const chunk: Buffer | null = upstream.read(Math.floor(Math.min(this.#allowance, upstream.readableLength)))
        if (chunk === null) break
        this.#allowance -= chunk.length
        client.write(chunk)
      }
      // Asks the system for more, if there is room.
      if (this.#allowance >= 1) upstream.read(0)
    }
  }
}
