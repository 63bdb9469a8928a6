import { setTimeout as sleep } from 'node:timers/promises'
import { StartupError } from '../startup-error.js'
import type { PostgresCluster } from './postgres-cluster.js'
import { claimOwnership, type Ownership } from './postgres-ownership.js'
import { findFreePort, findPostmaster, launchPostmaster, stopPostmaster } from './postmaster.js'

export interface AcquireOptions {
  /** The port for a server that has to be started; null lets the system choose. */
  readonly port: number | null
  readonly settings: Readonly<Record<string, string>>
  /** How long to go on trying; `Infinity` never gives up. */
  readonly patienceMs: number
  /** Ends the trying, with an error. */
  readonly signal: AbortSignal
  readonly onStep?: ((step: string) => void) | undefined
  /** Hears of each attempt that failed and will be followed by another. */
  readonly onRetry?: (error: Error) => void
}

/** How long another owner is waited for: one that was killed just now is gone at once. */
const OWNER_PATIENCE_MS = 2_000
const FIRST_DELAY_MS = 50
const MAX_DELAY_MS = 1_000

/**
 * Makes this process the owner of a running server on the cluster's data: of the one that is running already, or of
 * one that it starts.
 *
 * A port that was taken in between, a server on its way up or down, an owner who is just leaving: all of this passes,
 * so it tries again, each time after a longer wait.
 *
 * @throws {StartupError} when another process owns it and stays.
 * @throws {Error} what kept the last attempt from succeeding.
 */
export async function acquirePostgres(cluster: PostgresCluster, options: AcquireOptions): Promise<Ownership> {
  const deadline = Date.now() + options.patienceMs
  const ownerDeadline = Date.now() + OWNER_PATIENCE_MS
  for (let delayMs = FIRST_DELAY_MS; ; delayMs = Math.min(delayMs * 2, MAX_DELAY_MS)) {
    const outcome = await attempt(cluster, options).catch((error: Error) => error)
    if ('lost' in outcome) return outcome
    options.signal.throwIfAborted()
    const isFinal = outcome instanceof StartupError && options.patienceMs !== Number.POSITIVE_INFINITY
    if (Date.now() >= (isFinal ? ownerDeadline : deadline)) throw outcome
    options.onRetry?.(outcome)
    await sleep(delayMs, undefined, { signal: options.signal })
  }
}

async function attempt(
  cluster: PostgresCluster,
  { port, settings, signal, onStep }: AcquireOptions,
): Promise<Ownership | Error> {
  const running = await findPostmaster(cluster)
  onStep?.(running ? 'taking over the server that is running' : 'starting the server')
  const server = running ?? (await launchPostmaster(cluster, port ?? (await findFreePort()), settings, signal))
  const claim = await claimOwnership(cluster, server.port).catch(async (error) => {
    // What we started and can't have must not be left running.
    if (!running) await stopPostmaster(cluster)
    throw error
  })
  if ('lost' in claim) return claim
  const owner = claim.ownerProcessId === null ? 'another process' : `another process (pid ${claim.ownerProcessId})`
  return new StartupError(
    `${cluster.directory} is in use by ${owner}. Stop that one first, or set DATA_DIR to another directory.`,
  )
}
