import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** A test kills processes and not the machine, so nothing needs to be on the disk. */
export const FAST = { fsync: 'off' }

/** The process id of the server on this directory, as Postgres itself wrote it down. */
export function postmasterOf(directory: string): number {
  return Number.parseInt(readFileSync(join(directory, 'postgres', 'postmaster.pid'), 'utf8'), 10)
}

/** One column of `ps` for one process. */
export function processInfo(processId: number, column: 'uid' | 'sid'): number {
  return Number(execFileSync('ps', ['-o', `${column}=`, '-p', String(processId)], { encoding: 'utf8' }))
}

/** The processes, of whatever kind, whose command line names the directory. */
export function processesOn(directory: string): string[] {
  const all = execFileSync('ps', ['-eww', '-o', 'pid=,args='], { encoding: 'utf8' }).split('\n')
  return all.filter((line) => line.includes(directory))
}
