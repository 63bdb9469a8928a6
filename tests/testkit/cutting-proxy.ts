import { once } from 'node:events'
import { type AddressInfo, createConnection, createServer, type Server, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'

/** How a connection ends: by a FIN, by a RST, or after all but the last byte of what the service says next. */
export type Cut = 'FIN' | 'RST' | 'IN A FRAME'

/**
 * Stands between a client and the service, so that connections can be cut with neither of them at fault, and so that
 * the service can be another one behind the same address.
 */
export class CuttingProxy {
  readonly port: number
  /** How often somebody connected. */
  connections = 0
  /** How many connections were cut. */
  cuts = 0
  readonly #server: Server
  /** The client's end of each connection, with ours to the service. */
  readonly #pairs = new Map<Socket, Socket>()
  /** What the service said over those that fell silent. */
  readonly #silent = new Map<Socket, Buffer[]>()
  #target: number | null
  #isToCutFrame = false

  private constructor(server: Server, target: number) {
    this.#server = server
    this.#target = target
    this.port = (server.address() as AddressInfo).port
    server.on('connection', (client) => this.#connect(client))
  }

  /** Starts one before the service at this port. It goes with the test. */
  static async start(target: number): Promise<CuttingProxy> {
    const server = createServer()
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const proxy = new CuttingProxy(server, target)
    onTestFinished(() => {
      server.close()
      for (const client of proxy.#pairs.keys()) client.destroy()
    })
    return proxy
  }

  /** From now on connections go to this port; null: to nowhere, they are closed at once. */
  forwardTo(target: number | null): void {
    this.#target = target
  }

  /** Resolves when there have been that many connections. */
  async connected(count: number): Promise<void> {
    while (this.connections < count) await once(this.#server, 'counted')
  }

  /** From now on nothing is said over the connections that there are, while all stay open. */
  fallSilent(): void {
    for (const pair of this.#pairs) this.#silent.set(pair[0], [])
  }

  /** What was held back since is said after all, over the connections that are still open. */
  speakAgain(): void {
    for (const [client, held] of this.#silent) if (!client.destroyed) client.write(Buffer.concat(held))
    this.#silent.clear()
  }

  /** Cuts every connection now; or the next over which the service says something, in the middle of that. */
  cut(how: Cut): void {
    if (how === 'IN A FRAME') this.#isToCutFrame = true
    else for (const [client, service] of this.#pairs) this.#end(client, service, how)
  }

  #end(client: Socket, service: Socket, how: Cut): void {
    this.cuts += 1
    this.#pairs.delete(client)
    for (const socket of [client, service]) {
      if (how === 'RST') socket.resetAndDestroy()
      else socket.destroySoon()
    }
  }

  #connect(client: Socket): void {
    this.connections += 1
    this.#server.emit('counted')
    client.on('error', () => client.destroy())
    if (this.#target === null) {
      client.destroy()
      return
    }
    const service = createConnection(this.#target, '127.0.0.1')
    this.#pairs.set(client, service)
    client.once('close', () => {
      this.#pairs.delete(client)
      service.destroy()
    })
    service.on('error', () => client.destroy())
    service.once('close', () => this.#silent.has(client) || client.destroySoon())
    client.pipe(service, { end: false })
    service.on('data', (chunk) => this.#say(client, service, chunk))
  }

  #say(client: Socket, service: Socket, chunk: Buffer): void {
    if (!this.#pairs.has(client)) return
    const held = this.#silent.get(client)
    if (held) {
      held.push(chunk)
      return
    }
    // What the service says in HTTP are no frames yet.
    const isToCut = this.#isToCutFrame && !chunk.toString('latin1').startsWith('HTTP/')
    client.write(isToCut ? chunk.subarray(0, -1) : chunk)
    if (!isToCut) return
    this.#isToCutFrame = false
    this.#end(client, service, 'IN A FRAME')
  }
}
