import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'

/** Where a connection is cut: before Postgres hears of the call, or when it has committed it and answers. */
export type CutAt = 'the call' | 'the answer'

/** Stands between a service and its Postgres, and cuts connections at the worst moment. */
export class PostgresProxy {
  readonly #server: Server
  readonly #target: URL
  readonly #sockets = new Set<Socket>()
  #cut: { readonly statement: string; readonly at: CutAt; readonly done: () => void } | null = null
  #isClosedToAll = false
  #isHanging = false

  private constructor(target: URL) {
    this.#target = target
    this.#server = createServer((client) => this.#serve(client))
  }

  static async start(databaseUrl: string): Promise<PostgresProxy> {
    const proxy = new PostgresProxy(new URL(databaseUrl))
    proxy.#server.listen(0, '127.0.0.1')
    await once(proxy.#server, 'listening')
    return proxy
  }

  /** The same database, through here. */
  urlOf(databaseUrl: string): string {
    const address = this.#server.address()
    if (address === null || typeof address === 'string') throw new Error('The proxy does not listen')
    const url = new URL(databaseUrl)
    url.host = `127.0.0.1:${address.port}`
    return url.href
  }

  /** Cuts the connection on which the prepared statement of this name is called next; resolves when that is done. */
  cutNext(statement: string, at: CutAt): Promise<void> {
    return new Promise((done) => {
      this.#cut = { statement, at, done }
    })
  }

  /** Cuts all connections, and each new one, until `letIn`. */
  keepOut(): void {
    this.#isClosedToAll = true
    for (const socket of this.#sockets) socket.destroy()
  }

  letIn(): void {
    this.#isClosedToAll = false
  }

  /** Says and hears nothing any more, on connections that are there and on new ones, until `goOn`: so does a server that hangs. */
  hang(): void {
    this.#isHanging = true
    for (const socket of this.#sockets) socket.pause()
  }

  goOn(): void {
    this.#isHanging = false
    for (const socket of this.#sockets) socket.resume()
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
    await once(this.#server, 'close')
  }

  #serve(client: Socket): void {
    if (this.#isClosedToAll) return void client.destroy()
    const postgres = connect(Number(this.#target.port), this.#target.hostname)
    const destroy = () => {
      client.destroy()
      postgres.destroy()
    }
    for (const socket of [client, postgres]) {
      this.#sockets.add(socket.setNoDelay())
      if (this.#isHanging) socket.pause()
      socket.on('error', destroy).on('close', () => {
        this.#sockets.delete(socket)
        destroy()
      })
    }
    let cutAnswer: (() => void) | null = null
    client.on('data', (chunk) => {
      const cut = this.#cut
      if (cut && chunk.includes(cut.statement)) {
        this.#cut = null
        cutAnswer = () => {
          destroy()
          cut.done()
        }
        if (cut.at === 'the call') return cutAnswer()
      }
      postgres.write(chunk)
    })
    let answer = Buffer.alloc(0)
    postgres.on('data', (chunk) => {
      if (!cutAnswer) return void client.write(chunk)
      answer = Buffer.concat([answer, chunk])
      if (isComplete(answer)) cutAnswer()
    })
  }
}

/** Whether ReadyForQuery is there, which Postgres sends after the commit. A message is a letter, its length, and its content. */
function isComplete(answer: Buffer): boolean {
  for (let start = 0; start + 5 <= answer.length; start += 1 + answer.readInt32BE(start + 1)) {
    if (answer[start] === 'Z'.charCodeAt(0)) return true
  }
  return false
}
