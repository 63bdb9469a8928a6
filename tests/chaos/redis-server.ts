import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { Redis } from 'ioredis'
import { findRedisServer } from '../../scripts/programs.mjs'
import { findFreePort } from '../../src/platform/postmaster.js'
import type { Leash } from './leash.js'
import { signal } from './process-tree.js'

/** A Redis that can be killed, started again on the same port, and frozen. It keeps nothing. */
export class RedisServer {
  readonly url: string
  readonly #port: number
  readonly #leash: Leash
  #child: ChildProcess | null = null

  private constructor(port: number, leash: Leash) {
    this.#port = port
    this.#leash = leash
    this.url = `redis://127.0.0.1:${port}`
  }

  static async create(leash: Leash): Promise<RedisServer> {
    const server = new RedisServer(await findFreePort(), leash)
    await server.start()
    return server
  }

  /** Resolves when it takes connections. */
  async start(): Promise<void> {
    const program = findRedisServer()
    if (program === null) throw new Error('redis-server is not installed')
    const options = { bind: '127.0.0.1', port: this.#port, save: '', appendonly: 'no' }
    const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)])
    const child = spawn(program, args, { cwd: '/', detached: true, stdio: ['ignore', 'pipe', 'ignore'] })
    if (child.pid === undefined || child.stdout === null) throw new Error('redis-server did not start')
    this.#child = child
    this.#leash.hold(child.pid, 'SIGKILL')
    for await (const line of createInterface(child.stdout)) if (line.includes('Ready to accept connections')) break
    if (child.exitCode !== null) throw new Error('redis-server ended at once')
    child.stdout.resume()
  }

  /** Kills it at once; resolves when it is gone. */
  async kill(): Promise<void> {
    const child = this.#child
    if (child?.pid === undefined) return
    const ended = once(child, 'exit')
    signal(child.pid, 'SIGKILL')
    await ended
    this.#leash.release(child.pid)
    this.#child = null
  }

  freeze(): void {
    this.#child?.kill('SIGSTOP')
  }

  thaw(): void {
    this.#child?.kill('SIGCONT')
  }

  /** How often each command has been called since it was started, without those by which this is asked. */
  async commandCounts(): Promise<ReadonlyMap<string, number>> {
    const client = new Redis(this.url)
    try {
      const statistics = await client.info('commandstats')
      const counts = [...statistics.matchAll(/^cmdstat_(\S+?):calls=(\d+)/gm)]
      const all = counts.map(([, command = '', calls]) => [command, Number(calls)] as const)
      return new Map(all.filter(([command]) => !['hello', 'info'].includes(command)))
    } finally {
      client.disconnect()
    }
  }
}
