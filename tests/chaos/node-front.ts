import { once } from 'node:events'
import { type AddressInfo, createConnection, createServer, type Server, type Socket } from 'node:net'
import type { Random } from '../testkit/random.js'

/** How the answer to a send is recognised in what a node says, over HTTP and in frames that are not masked. */
const ACKNOWLEDGEMENT = '"sendMessage":{'

/**
 * What clients see of a node: an address that stays when the process behind it is another one, and a network that cuts
 * connections and loses answers.
 */
export class NodeFront {
  readonly port: number
  /** How many acknowledgements were thrown away. */
  thrownAway = 0
  readonly #server: Server
  /** The client's end of each connection, with ours to the node. */
  readonly #pairs = new Map<Socket, Socket>()
  #target: number | null = null
  #losesAcknowledgement: () => boolean = () => false

  private constructor(server: Server) {
    this.#server = server
    this.port = (server.address() as AddressInfo).port
    server.on('connection', (client) => this.#connect(client))
  }

  static async start(): Promise<NodeFront> {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new NodeFront(server)
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/graphql`
  }

  get webSocketUrl(): string {
    return this.url.replace('http', 'ws')
  }

  /** Where connections go from now on; null: nowhere, they are closed at once. */
  forwardTo(port: number | null): void {
    this.#target = port
  }

  /** Cuts a share of the connections, some in an orderly way, some not. */
  cut(random: Random, share: number): void {
    for (const [client, node] of [...this.#pairs]) {
      if (random.fraction() < share) cutPair(client, node, random.pick(['FIN', 'RST']))
    }
  }

  /** From now on cuts the connection, instead of passing it on, at this share of the acknowledgements. */
  throwAway(random: Random, share: number): void {
    this.#losesAcknowledgement = () => random.fraction() < share
  }

  async close(): Promise<void> {
    this.#server.close()
    for (const client of this.#pairs.keys()) client.destroy()
    await once(this.#server, 'close')
  }

  #connect(client: Socket): void {
    client.on('error', () => client.destroy())
    if (this.#target === null) {
      client.destroy()
      return
    }
    const node = createConnection(this.#target, '127.0.0.1')
    for (const socket of [client, node]) socket.setNoDelay()
    this.#pairs.set(client, node)
    client.once('close', () => {
      this.#pairs.delete(client)
      node.destroy()
    })
    node.on('error', () => client.destroy())
    node.once('close', () => client.destroySoon())
    client.pipe(node)
    node.on('data', (chunk) => {
      if (chunk.includes(ACKNOWLEDGEMENT) && this.#losesAcknowledgement()) {
        this.thrownAway += 1
        cutPair(client, node, 'RST')
      } else if (!client.destroyed) client.write(chunk)
    })
  }
}

function cutPair(client: Socket, node: Socket, how: 'FIN' | 'RST'): void {
  for (const socket of [client, node]) {
    if (how === 'RST') socket.resetAndDestroy()
    else socket.destroySoon()
  }
}
