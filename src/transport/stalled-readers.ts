import type { Socket } from 'node:net'
import { readTcpQueues } from './tcp-queues.js'
import { WriteProgress } from './write-progress.js'

const LOOKS_IN_A_TIMEOUT = 10
/** From this part of the time on, one that seems to stand still is compared with what the system holds. */
const SUSPECT_AFTER = 1 / 4

/**
 * Cuts off the clients of HTTP that read nothing of their answers for this long: what they are owed lies in memory. Node's
 * own timeout of sockets wouldn't find them, for whatever they send puts it off.
 *
 * @param connections those with an answer under way.
 * @returns ends that.
 */
export function cutOffStalledReaders(connections: () => Iterable<Socket>, stallTimeoutMs: number): () => void {
  const watched = new WeakMap<Socket, WriteProgress>()
  const look = async () => {
    const suspects: [Socket, WriteProgress][] = []
    for (const connection of connections()) {
      const progress = watched.get(connection) ?? new WriteProgress(connection)
      watched.set(connection, progress)
      progress.look()
      if (progress.looksInVain >= LOOKS_IN_A_TIMEOUT * SUSPECT_AFTER) suspects.push([connection, progress])
    }
    if (suspects.length === 0) return
    const tcpQueues = await readTcpQueues()
    for (const [connection, progress] of suspects) {
      progress.compare(tcpQueues)
      if (progress.looksInVain >= LOOKS_IN_A_TIMEOUT) connection.destroy()
    }
  }
  const timer = setInterval(() => void look(), stallTimeoutMs / LOOKS_IN_A_TIMEOUT)
  return () => clearInterval(timer)
}
