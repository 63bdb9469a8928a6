import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { onTestFinished } from 'vitest'
import { FAST } from './postgres-files.js'

/** Another process that owns an embedded Postgres, or was refused one. */
export interface PostgresOwnerProcess {
  readonly processId: number
  readonly url?: string
  readonly error?: string
  /** Sends the signal and waits for the end of the process. */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>
}

/** Starts one and waits until it says how it went. It ends with the test at the latest. */
export async function startPostgresOwner(
  directory: string,
  user: { uid?: number; gid?: number } = {},
): Promise<PostgresOwnerProcess> {
  const child = spawnPostgresOwner(directory, user)
  if (!child.stdout || child.pid === undefined) throw new Error('The owner process did not start')
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string]
  const answer: { url?: string; error?: string } = JSON.parse(line)
  return { ...answer, processId: child.pid, end: (signal) => endProcess(child, signal) }
}

/** Starts one and doesn't wait. */
export function spawnPostgresOwner(directory: string, user: { uid?: number; gid?: number } = {}): ChildProcess {
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', 'tests/testkit/postgres-owner.ts', directory, JSON.stringify(FAST)],
    { ...user, stdio: ['ignore', 'pipe', 'inherit'] },
  )
  onTestFinished(() => endProcess(child, 'SIGTERM'))
  return child
}

export async function endProcess(child: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill(signal)
  await exited
}
