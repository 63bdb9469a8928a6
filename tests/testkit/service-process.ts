import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { kill } from 'node:process'
import { vi } from 'vitest'
import { postmasterOf } from './postgres-files.js'
import { UNHINDERED } from './unhindered.js'

export interface Ending {
  readonly exitCode: number | null
  readonly signal: NodeJS.Signals | null
}

export interface ServiceProcessOptions {
  /** The project, or a copy of it. */
  readonly project: string
  readonly dataDirectory: string
  /** What is set besides; nothing comes along from the environment of the test but how to find programs. */
  readonly env?: Readonly<Record<string, string>>
  readonly command?: readonly [string, ...string[]]
}

/** The demo people and the partner, whose tokens a start prints. */
export type DemoName = 'Bea' | 'Sam' | 'Ana' | 'Ari' | 'Brightside'

/** The service in a process of its own, as people start it. */
export class ServiceProcess {
  readonly dataDirectory: string
  readonly ended: Promise<Ending>
  readonly #child: ChildProcess
  #output = ''
  #errors = ''
  #wake: () => void = () => {}
  #ending: Ending | null = null

  constructor({ project, dataDirectory, env = {}, command = ['npm', 'start'] }: ServiceProcessOptions) {
    const [file, ...args] = command
    const { PATH, HOME } = process.env
    this.dataDirectory = dataDirectory
    this.#child = spawn(file, args, {
      cwd: project,
      // A group of its own, as a terminal gives it.
      detached: true,
      env: { PATH, HOME, DATA_DIR: dataDirectory, PORT: '0', ...UNHINDERED, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#output += text
      this.#wake()
    })
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#errors += text
    })
    this.ended = once(this.#child, 'close').then(([exitCode, signal]) => {
      this.#ending = { exitCode, signal }
      this.#wake()
      return this.#ending
    })
  }

  /** All that was printed so far. */
  get output(): string {
    return this.#output
  }

  /** What went to standard error so far, without what npm says of itself. */
  get errors(): string {
    return this.#errors.replace(/^npm .*\n/gm, '').trim()
  }

  get processId(): number {
    if (this.#child.pid === undefined) throw new Error('The process did not start')
    return this.#child.pid
  }

  /** Waits until this was printed. Fails when the process ends before. */
  async untilPrinted(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this.#output)
      if (match) return match
      if (this.#ending) throw new Error(`It ended without ${pattern}:\n${this.#output}\n${this.#errors}`)
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  /** Waits until it serves; the answer is the address of its API. */
  async url(): Promise<string> {
    await this.untilPrinted(/Ctrl-C ends it/)
    const [, url = ''] = await this.untilPrinted(/HTTP +(http:\S+)/)
    return url
  }

  /** The token that was printed for one of the demo people. */
  token(name: DemoName): string {
    const [, token] = new RegExp(`^ *${name} .*\\n *(ey\\S+)$`, 'm').exec(this.#output) ?? []
    if (token === undefined) throw new Error(`No token for ${name} in:\n${this.#output}`)
    return token
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  /** To all at once, as Ctrl-C in a terminal does it. */
  signalGroup(signal: NodeJS.Signals): void {
    try {
      kill(-this.processId, signal)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
    }
  }

  /** Ends it, if it has not ended, and a Postgres that outlived it, as it does when the service is killed. */
  async end(): Promise<void> {
    this.signalGroup('SIGTERM')
    const { signal } = await this.ended
    const file = join(this.dataDirectory, 'postgres', 'postmaster.pid')
    // One that ended by itself has stopped its Postgres. What runs there then is another service's, which would revive it.
    if (signal === null || !existsSync(file)) return
    kill(postmasterOf(this.dataDirectory), 'SIGINT')
    await vi.waitUntil(() => !existsSync(file), 10_000)
  }
}
