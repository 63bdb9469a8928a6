import { execFileSync } from 'node:child_process'

/** The processes that this one started and that are still there, not those that they started in turn. */
export function childrenOf(processId: number): number[] {
  const all = execFileSync('ps', ['-eo', 'pid=,ppid='], { encoding: 'utf8' }).trim().split('\n')
  const pairs = all.map((line) => line.trim().split(/ +/).map(Number))
  return pairs.flatMap(([pid = 0, parent]) => (parent === processId ? pid : []))
}

/** Sends a signal; a process that is gone already is fine. */
export function signal(processId: number, name: NodeJS.Signals): void {
  try {
    process.kill(processId, name)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/** Stops a process and its children where they stand: they keep their connections and answer nothing. */
export function freeze(processId: number): void {
  // The parent first, so that no child is born meanwhile.
  signal(processId, 'SIGSTOP')
  for (const child of childrenOf(processId)) signal(child, 'SIGSTOP')
}

/** Lets them go on. */
export function thaw(processId: number): void {
  for (const child of childrenOf(processId)) signal(child, 'SIGCONT')
  signal(processId, 'SIGCONT')
}
