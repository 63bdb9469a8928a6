import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { findRedisServer } from '../../scripts/programs.mjs'
import { findFreePort } from '../../src/platform/postmaster.js'
import { REDIS_PID_FILE } from './redis-files.js'

/** Whether tests with Redis can run here. Where they can't, `npm test` says so at its end, and with CI=true it refuses. */
export const hasRedisServer = findRedisServer() !== null

export interface RedisServerOptions {
  /** Where it keeps its files; a folder of its own is made in it. */
  readonly directory: string
  readonly port?: number
  /** Each a line of redis.conf. */
  readonly settings?: readonly string[]
  readonly isSentinel?: boolean
}

const TRIES = 5

/** A redis-server on loopback that can be killed, stopped, and started again on its port. Nothing is written to disk. */
export class RedisServer {
  readonly port: number
  readonly #file: string
  readonly #isSentinel: boolean
  #child: ChildProcess | undefined

  private constructor(port: number, file: string, isSentinel: boolean) {
    this.port = port
    this.#file = file
    this.#isSentinel = isSentinel
  }

  /** Redis can't have the system choose its port: it is asked for a free one first, and for another when somebody was faster. */
  static async start({ directory, port, settings = [], isSentinel = false }: RedisServerOptions): Promise<RedisServer> {
    mkdirSync(directory, { recursive: true })
    for (let tries = 1; ; tries += 1) {
      const chosen = port ?? (await findFreePort())
      const folder = mkdtempSync(join(directory, 'redis-'))
      const file = join(folder, 'redis.conf')
      const lines = [
        `port ${chosen}`,
        'bind 127.0.0.1',
        `dir ${folder}`,
        `pidfile ${join(folder, REDIS_PID_FILE)}`,
        ...settings,
      ]
      if (!isSentinel) lines.push('save ""', 'appendonly no', 'repl-diskless-sync-delay 0')
      writeFileSync(file, `${lines.join('\n')}\n`)
      const server = new RedisServer(chosen, file, isSentinel)
      try {
        await server.startAgain()
        return server
      } catch (error) {
        if (tries === TRIES || port !== undefined) throw error
      }
    }
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`
  }

  get processId(): number {
    if (this.#child?.pid === undefined) throw new Error('redis-server does not run')
    return this.#child.pid
  }

  /** Starts it, empty, on the same port. Fails when it ends at once. */
  async startAgain(): Promise<void> {
    const child = spawn(
      findRedisServer() ?? 'redis-server',
      [this.#file, ...(this.#isSentinel ? ['--sentinel'] : [])],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    )
    this.#child = child
    let output = ''
    await new Promise<void>((resolve, reject) => {
      child.once('error', reject)
      child.once('exit', () => reject(new Error(`redis-server ended:\n${output}`)))
      child.stdout?.setEncoding('utf8').on('data', (text: string) => {
        output = (output + text).slice(-10_000)
        if (/Ready to accept connections|Sentinel ID is/.test(output)) resolve()
      })
    })
  }

  /** Ends it at once, as a crash does. */
  async kill(): Promise<void> {
    const child = this.#child
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const exit = once(child, 'exit')
    child.kill('SIGKILL')
    await exit
  }

  /** It is there, and does nothing any more. */
  stop(): void {
    process.kill(this.processId, 'SIGSTOP')
  }

  goOn(): void {
    process.kill(this.processId, 'SIGCONT')
  }

  /** Does something over a connection of its own. */
  async ask<Answer>(
    work: (redis: Redis) => Promise<Answer>,
    options: { readonly password?: string } = {},
  ): Promise<Answer> {
    const redis = new Redis({ host: '127.0.0.1', port: this.port, ...options })
    try {
      return await work(redis)
    } finally {
      redis.disconnect()
    }
  }
}
