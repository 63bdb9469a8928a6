import type { Socket } from 'node:net'
import { findStalled, WriteProgress } from './write-progress.js'

const LOOKS_IN_A_TIMEOUT = 10

/**
 * Cuts off the clients of HTTP that read nothing of their answers for this long: what they are owed lies in memory. Node's
 * own timeout of sockets wouldn't find them, for whatever they send puts it off.
 *
 * @param connections those with an answer under way.
 * @returns ends that.
 */
export function cutOffStalledReaders(connections: () => Iterable<Socket>, stallTimeoutMs: number): () => void {
  const progressOf = new WeakMap<Socket, WriteProgress>()
  const look = async () => {
    const watched = [...connections()].map((connection) => {
      const progress = progressOf.get(connection) ?? new WriteProgress(connection)
      progressOf.set(connection, progress)
      progress.look()
      return { connection, progress }
    })
    for (const { connection } of await findStalled(watched, LOOKS_IN_A_TIMEOUT)) connection.destroy()
  }
  const timer = setInterval(() => void look(), stallTimeoutMs / LOOKS_IN_A_TIMEOUT)
  return () => clearInterval(timer)
}
