import { fstatSync } from 'node:fs'
import { readFile } from 'node:fs/promises'

// Only Linux shows these; elsewhere they can't be read.
const TABLES = ['/proc/net/tcp', '/proc/net/tcp6']
/** Of a line of such a table, as proc_pid_net(5) has it: `tx_queue`, and the inode of the socket. */
const LINE = /^ *\d+: \S+ \S+ \S+ ([0-9A-F]+):\S+ \S+ \S+ +\d+ +\d+ (\d+) /gm

/**
 * What the system holds of each TCP connection, in bytes: sent or not, but not acknowledged by the peer. By the inode
 * of its socket. Empty where the system doesn't tell.
 */
export async function readTcpQueues(): Promise<ReadonlyMap<number, number>> {
  const tables = await Promise.allSettled(TABLES.map((table) => readFile(table, 'latin1')))
  const lines = tables.flatMap((table) => (table.status === 'fulfilled' ? [...table.value.matchAll(LINE)] : []))
  return new Map(lines.map(([, queue = '', inode = '']) => [Number(inode), Number.parseInt(queue, 16)]))
}

/** The inode under which these tables have a socket. Null when it is closed. */
export function inodeOf(fileDescriptor: number): number | null {
  try {
    return fstatSync(fileDescriptor).ino
  } catch {
    return null
  }
}
