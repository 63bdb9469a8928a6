import { once } from 'node:events'
import { WebSocket } from 'ws'

/** What a process holds in memory, asked of it by Node's inspector: after a collection, so that garbage doesn't count. */
export class Heap {
  readonly #inspector: WebSocket
  #lastId = 0

  private constructor(inspector: WebSocket) {
    this.#inspector = inspector
  }

  /** @param url what Node prints when it is started with `--inspect`. */
  static async of(url: string): Promise<Heap> {
    const inspector = new WebSocket(url)
    await once(inspector, 'open')
    return new Heap(inspector)
  }

  async usedMegabytes(): Promise<number> {
    await this.#ask('HeapProfiler.collectGarbage')
    const { usedSize } = (await this.#ask('Runtime.getHeapUsage')) as { usedSize: number }
    return usedSize / 1024 / 1024
  }

  close(): void {
    this.#inspector.terminate()
  }

  async #ask(method: string): Promise<unknown> {
    this.#lastId += 1
    const id = this.#lastId
    this.#inspector.send(JSON.stringify({ id, method }))
    for (;;) {
      const [data] = await once(this.#inspector, 'message')
      const answer = JSON.parse(String(data)) as { id?: number; result?: unknown }
      if (answer.id === id) return answer.result
    }
  }
}
