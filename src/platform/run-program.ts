import { type SpawnOptions, spawn } from 'node:child_process'
import { kill } from 'node:process'

/** The user of the operating system that a program runs as. */
export interface SystemUser {
  readonly uid: number
  readonly gid: number
}

/**
 * How every program is started: as `user` (null: as ourselves), and in a session of its own, so that Ctrl-C in the
 * terminal reaches us alone. The environment is empty on purpose: a PGDATA, PGPORT or LC_ALL of the shell must not
 * change what Postgres does.
 */
export function spawnOptions(user: SystemUser | null): SpawnOptions {
  return { detached: true, cwd: '/', env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' }, ...user }
}

/**
 * Runs a program to its end and answers with its exit code (null: killed by a signal) and all that it printed.
 *
 * @throws {Error} with `code` (`ENOENT`, `EACCES` …) when it can't be started at all.
 */
export async function runProgram(
  file: string,
  args: readonly string[],
  user: SystemUser | null,
): Promise<{ exitCode: number | null; output: string }> {
  const child = spawn(file, args, { ...spawnOptions(user), stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
  }
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (exitCode) => resolve({ exitCode, output: output.trim() }))
  })
}

/** Whether there is a process with this id, whoever it belongs to. */
export function isAlive(processId: number): boolean {
  try {
    return kill(processId, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
