import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { open, readFile, rename, rm, stat } from 'node:fs/promises'
import { createServer } from 'node:net'
import { platform } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { within } from '../within.js'
import type { PostgresCluster } from './postgres-cluster.js'
import { isAlive, runProgram, spawnOptions } from './run-program.js'

/** A running Postgres server, as it describes itself in its `postmaster.pid`. */
export interface Postmaster {
  readonly processId: number
  readonly port: number
  readonly isReady: boolean
}

const POLL_MS = 10
/** Recovery after a crash reads back all that was written since the last checkpoint. */
const START_TIMEOUT_MS = 60_000
const STOP_TIMEOUT_MS = 3_000
const MAX_LOG_BYTES = 4 * 1024 * 1024

/**
 * The server that runs on the cluster's data at this moment, whoever started it; null when none does.
 *
 * A crash leaves the file behind, and its process id may belong to another program by now (in a container, very
 * likely). Postgres would refuse to start then, so such a file is removed here.
 */
export async function findPostmaster({ dataDirectory }: PostgresCluster): Promise<Postmaster | null> {
  const file = join(dataDirectory, 'postmaster.pid')
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null
    throw error
  })
  if (text === null) return null
  const [processId, , , port, , , , status] = text.split('\n').map((line) => line.trim())
  // Empty is a file that is being written at this moment.
  if (!processId || !isAlive(Number(processId))) return null
  if (!(await isPostmasterOf(dataDirectory, Number(processId)))) {
    await rm(file, { force: true })
    return null
  }
  return { processId: Number(processId), port: Number(port), isReady: status === 'ready' }
}

/** By its command line, which names the data directory, because that is how `launchPostmaster` starts it. */
async function isPostmasterOf(dataDirectory: string, processId: number): Promise<boolean> {
  if (platform() === 'win32') return true
  const commandLine = await readFile(`/proc/${processId}/cmdline`, 'utf8').catch(
    async () => (await runProgram('ps', ['-ww', '-o', 'command=', '-p', String(processId)], null)).output,
  )
  return commandLine.includes(dataDirectory)
}

/**
 * Starts a server and answers when it takes connections. It listens on 127.0.0.1 alone, and outlives us when we are
 * killed: the next start takes it over.
 *
 * @throws {Error} with what Postgres said, when it ends before it is ready.
 */
export async function launchPostmaster(
  cluster: PostgresCluster,
  port: number,
  settings: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<Postmaster> {
  await rotateLog(cluster.logFile)
  const log = await open(cluster.logFile, 'a+', 0o600)
  try {
    const { size: logStart } = await log.stat()
    const fixed = { listen_addresses: '127.0.0.1', port: String(port), unix_socket_directories: '', timezone: 'UTC' }
    const flags = Object.entries({ ...settings, ...fixed }).flatMap(([name, value]) => ['-c', `${name}=${value}`])
    const child = spawn(cluster.binaries.postgres, ['-D', cluster.dataDirectory, ...flags], {
      ...spawnOptions(cluster.user),
      stdio: ['ignore', log.fd, log.fd],
    })
    const ended = once(child, 'exit').then(
      () => 'it ended',
      (error: Error) => error.message,
    )
    const reason = await Promise.race([ended, untilReady(cluster, () => child.pid, signal)])
    const postmaster = await findPostmaster(cluster)
    if (postmaster?.isReady && postmaster.processId === child.pid) {
      child.unref()
      return postmaster
    }
    // Nobody would find it again: it may not even have written its file yet.
    child.kill('SIGINT')
    await within(STOP_TIMEOUT_MS, ended)
    child.kill('SIGKILL')
    const { buffer, bytesRead } = await log.read({ buffer: Buffer.alloc(8_192), position: logStart })
    throw new Error(complaints(buffer.toString('utf8', 0, bytesRead)) || reason || 'it did not get ready in time')
  } finally {
    await log.close()
  }
}

async function untilReady(
  cluster: PostgresCluster,
  processId: () => number | undefined,
  signal: AbortSignal,
): Promise<null> {
  for (const deadline = Date.now() + START_TIMEOUT_MS; Date.now() < deadline && !signal.aborted; await sleep(POLL_MS)) {
    const postmaster = await findPostmaster(cluster)
    if (postmaster?.isReady && postmaster.processId === processId()) break
  }
  return null
}

/** What a person needs of the log: `FATAL: could not create …`, with its details, without the time of day. */
function complaints(log: string): string {
  const lines = log.split('\n').flatMap((line) => /(?:FATAL|PANIC|DETAIL|HINT):.*/.exec(line)?.[0] ?? [])
  return lines.map((line) => line.replace(/\s+/g, ' ')).join(' ')
}

async function rotateLog(file: string): Promise<void> {
  const size = await stat(file).then(
    (stats) => stats.size,
    () => 0,
  )
  if (size > MAX_LOG_BYTES) await rename(file, `${file}.1`)
}

/** Stops the server, rudely if it can't be helped: what was committed is safe either way. None running is fine. */
export async function stopPostmaster(cluster: PostgresCluster): Promise<void> {
  // pg_ctl believes a file that a crash left behind, and would signal whoever has that process id by now.
  if ((await findPostmaster(cluster)) === null) return
  for (const [mode, seconds] of [
    ['fast', '5'],
    ['immediate', '3'],
  ] as const) {
    const args = ['stop', '-D', cluster.dataDirectory, '-m', mode, '-w', '-t', seconds]
    const { exitCode, output } = await runProgram(cluster.binaries.pgCtl, args, cluster.user)
    if (exitCode === 0 || (await findPostmaster(cluster)) === null) return
    if (mode === 'immediate') throw new Error(`Postgres in ${cluster.directory} could not be stopped: ${output}`)
  }
}

/** A TCP port of 127.0.0.1 that nobody uses just now. Another program may still be faster to take it. */
export async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('The system gave no TCP port')
  return address.port
}
