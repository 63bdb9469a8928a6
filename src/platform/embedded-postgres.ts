import type { Logger } from 'pino'
import { StartupError } from '../startup-error.js'
import { acquirePostgres } from './acquire-postgres.js'
import { openPostgresCluster } from './open-postgres-cluster.js'
import { type PostgresCluster, SUPERUSER } from './postgres-cluster.js'
import { DATABASE, type Ownership } from './postgres-ownership.js'
import { stopPostmaster } from './postmaster.js'

export interface EmbeddedPostgresOptions {
  /** Everything of the database is kept in here. */
  readonly directory: string
  /** Hears what is being done, in a few words, when it takes long enough to be told. */
  readonly onStep?: (step: string) => void
  /** The server died under us; it is being started again. */
  readonly onLost?: () => void
  /** After `onLost`: it is back, at the same URL, with all that was committed. */
  readonly onRestored?: () => void
  readonly log?: Pick<Logger, 'info' | 'warn'>
  /** Settings of the server. Tests may pass `fsync: 'off'`; nothing else should. */
  readonly settings?: Readonly<Record<string, string>>
}

/** After a crash, what is left of the old server takes about a second to go, and no start succeeds before. */
const START_PATIENCE_MS = 10_000

/**
 * Starts a real Postgres on `<directory>/postgres`, created at first use, for this process alone; a server that a
 * killed process left behind is taken over. It survives us when we are killed, and is started again, on the same
 * port, when it is.
 *
 * @throws {StartupError} when it can't be, or when another process uses the directory.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const { onStep, settings = {} } = options
  try {
    const cluster = await openPostgresCluster(options.directory, {
      onCreate: () => onStep?.('creating the data directory'),
      isDurable: settings['fsync'] !== 'off',
    })
    const ownership = await acquirePostgres(cluster, {
      settings,
      onStep,
      port: null,
      patienceMs: START_PATIENCE_MS,
      signal: new AbortController().signal,
    })
    return new EmbeddedPostgres(cluster, ownership, options)
  } catch (cause) {
    if (cause instanceof StartupError) throw cause
    throw new StartupError(
      `The embedded Postgres in ${options.directory} can't be started: ${(cause as Error).message}`,
      { cause },
    )
  }
}

/** A Postgres of this process' own. */
export class EmbeddedPostgres {
  /** Holds for the whole life, also across crashes of the server. */
  readonly url: string
  readonly #cluster: PostgresCluster
  readonly #options: EmbeddedPostgresOptions
  readonly #closing = new AbortController()
  readonly #supervision: Promise<void>
  #ownership: Ownership
  #restoring: Promise<Ownership> | null = null
  #closed: Promise<void> | null = null

  /** `startEmbeddedPostgres` makes these. */
  constructor(cluster: PostgresCluster, ownership: Ownership, options: EmbeddedPostgresOptions) {
    this.#cluster = cluster
    this.#ownership = ownership
    this.#options = options
    this.url = `postgresql://${SUPERUSER}:${cluster.password}@127.0.0.1:${ownership.port}/${DATABASE}`
    this.#supervision = this.#supervise()
  }

  /** Stops the server; nothing of it is left but the data. Closing again is the same closing. */
  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  async #close(): Promise<void> {
    this.#closing.abort()
    try {
      await this.#restoring
    } catch {
      return // There is no server of ours to stop.
    }
    try {
      // The ownership goes with the server, not before it: a next start must find either all of it or nothing.
      await stopPostmaster(this.#cluster)
    } finally {
      await this.#ownership.release()
      await this.#supervision
    }
  }

  async #supervise(): Promise<void> {
    const { log, onLost, onRestored } = this.#options
    for (;;) {
      await this.#ownership.lost
      if (this.#closing.signal.aborted) return
      log?.warn({ directory: this.#cluster.directory }, 'Postgres is gone; starting it again')
      onLost?.()
      this.#restoring = this.#restore()
      try {
        this.#ownership = await this.#restoring
      } catch {
        return // Closed meanwhile: nothing else ends the trying.
      }
      log?.info({ directory: this.#cluster.directory }, 'Postgres is back')
      onRestored?.()
    }
  }

  async #restore(): Promise<Ownership> {
    const { port } = this.#ownership
    for (;;) {
      const ownership = await acquirePostgres(this.#cluster, {
        port,
        settings: this.#options.settings ?? {},
        patienceMs: Number.POSITIVE_INFINITY,
        signal: this.#closing.signal,
        onRetry: (error) => this.#options.log?.warn({ reason: error.message }, 'Postgres is not back yet'),
      })
      if (ownership.port === port) return ownership
      // Somebody else started the server while we were without it, and was killed. Our URL names the old port.
      await stopPostmaster(this.#cluster)
    }
  }
}
