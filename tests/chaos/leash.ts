import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { Socket } from 'node:net'

/**
 * Sees to it that no server outlives this process: however it ends, also by Ctrl-C or kill -9, all that it holds is ended,
 * frozen or not.
 */
export class Leash {
  readonly #holder: ChildProcess

  constructor() {
    this.#holder = spawn(process.execPath, ['--import', 'tsx', 'tests/chaos/leash-holder.ts'], {
      detached: true,
      stdio: ['pipe', 'ignore', 'inherit'],
    })
    this.#holder.unref()
    // A pipe is a socket, whatever its type says; open it stays, but nothing waits for it.
    if (this.#holder.stdin instanceof Socket) this.#holder.stdin.unref()
  }

  /** @param end the signal by which the process is ended. */
  hold(processId: number, end: NodeJS.Signals): void {
    this.#holder.stdin?.write(`hold ${processId} ${end}\n`)
  }

  /** The process has ended; its id may be another's from now on. */
  release(processId: number): void {
    this.#holder.stdin?.write(`release ${processId}\n`)
  }

  async close(): Promise<void> {
    if (this.#holder.exitCode !== null) return
    this.#holder.ref()
    const ended = once(this.#holder, 'exit')
    this.#holder.stdin?.end()
    await ended
  }
}
