import { mkdirSync } from 'node:fs'
import { BUILT, PROJECT } from '../testkit/node-process.js'
import { type Ending, ServiceProcess } from '../testkit/service-process.js'
import type { Leash } from './leash.js'
import { NodeFront } from './node-front.js'

export interface ServiceNodeOptions {
  readonly name: string
  readonly directory: string
  readonly env: Readonly<Record<string, string>>
  readonly leash: Leash
}

/** The level of a warning in pino's lines. */
const WARN = 40

interface LogLine {
  readonly level: number
  readonly time: number
  readonly msg?: string
  readonly err?: { readonly message?: string }
}

/** One of the service's nodes: a real process behind a front that outlives it. */
export class ServiceNode {
  readonly name: string
  readonly front: NodeFront
  readonly #options: ServiceNodeOptions
  #process: ServiceProcess
  /** What the processes said that are gone. */
  #earlier = ''

  private constructor(options: ServiceNodeOptions, front: NodeFront) {
    this.name = options.name
    this.front = front
    this.#options = options
    this.#process = this.#spawn()
  }

  static async start(options: ServiceNodeOptions): Promise<ServiceNode> {
    mkdirSync(options.directory, { recursive: true })
    const node = new ServiceNode(options, await NodeFront.start())
    try {
      await node.#untilListening()
      return node
    } catch (error) {
      await node.close()
      throw error
    }
  }

  /** Signals the process at once; resolves with how it ended. From then on nobody is behind the front. */
  async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<Ending> {
    this.#process.signal(signal)
    const ending = await this.#process.ended
    this.front.forwardTo(null)
    this.#options.leash.release(this.#process.processId)
    return ending
  }

  /** A new process for one that ended; resolves when it listens. */
  async replace(): Promise<void> {
    this.#earlier += this.#process.output
    this.#process = this.#spawn()
    await this.#untilListening()
  }

  /** What it warned of or complained about since then, and how often. */
  warningsSince(since: Date): ReadonlyMap<string, number> {
    const all = `${this.#earlier}${this.#process.output}`.split('\n')
    const warnings = new Map<string, number>()
    // The last line may not be complete yet.
    for (const line of all.slice(0, -1).filter((one) => one.startsWith('{'))) {
      const { level, time, msg, err } = JSON.parse(line) as LogLine
      const warning = [msg, err?.message?.trim().split('\n').at(-1)].filter(Boolean).join(': ')
      if (level >= WARN && time >= since.getTime()) warnings.set(warning, (warnings.get(warning) ?? 0) + 1)
    }
    return warnings
  }

  async close(): Promise<void> {
    await this.#process.end()
    this.#options.leash.release(this.#process.processId)
    await this.front.close()
  }

  #spawn(): ServiceProcess {
    const { directory, env, leash } = this.#options
    const node = new ServiceProcess({ project: PROJECT, dataDirectory: directory, env, command: BUILT })
    leash.hold(node.processId, 'SIGKILL')
    return node
  }

  async #untilListening(): Promise<void> {
    const [, port] = await this.#process.untilPrinted(/"port":(\d+).*"Listening"/)
    this.front.forwardTo(Number(port))
  }
}
