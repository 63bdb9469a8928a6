import { setTimeout as sleep } from 'node:timers/promises'
import { openPostgresCluster } from '../../src/platform/open-postgres-cluster.js'
import { type PostgresCluster, SUPERUSER } from '../../src/platform/postgres-cluster.js'
import { findFreePort, launchPostmaster, type Postmaster, stopPostmaster } from '../../src/platform/postmaster.js'
import { isAlive } from '../../src/platform/run-program.js'
import { query } from '../testkit/sql.js'
import type { Leash } from './leash.js'
import { freeze, signal, thaw } from './process-tree.js'

const DATABASE = 'chaos'
/** Everything is as in production, fsync too; only the number of connections is larger, and statements can be counted. */
const SETTINGS = {
  max_connections: '200',
  shared_preload_libraries: 'pg_stat_statements',
  'pg_stat_statements.track': 'top',
}

/** How a server ends: it sends everyone away, or it drops dead and has to recover. */
export const ENDINGS = { fast: 'SIGINT', immediate: 'SIGQUIT' } as const

/** A Postgres that can be stopped, started again on the same port, and frozen. */
export class PostgresServer {
  /** Holds as long as the server is known. */
  readonly url: string
  readonly #cluster: PostgresCluster
  readonly #port: number
  readonly #leash: Leash
  #postmaster: Postmaster | null = null

  private constructor(cluster: PostgresCluster, port: number, leash: Leash) {
    this.#cluster = cluster
    this.#port = port
    this.#leash = leash
    this.url = `postgresql://${SUPERUSER}:${cluster.password}@127.0.0.1:${port}/${DATABASE}`
  }

  /** Makes one in an empty directory, with an empty database. */
  static async create(directory: string, leash: Leash): Promise<PostgresServer> {
    const cluster = await openPostgresCluster(directory, { onCreate: () => {}, isDurable: true })
    const server = new PostgresServer(cluster, await findFreePort(), leash)
    await server.start()
    const admin = new URL(server.url)
    admin.pathname = '/postgres'
    await query(admin.href, `CREATE DATABASE ${DATABASE}`)
    return server
  }

  /** Resolves when it takes connections. */
  async start(): Promise<void> {
    this.#postmaster = await launchPostmaster(this.#cluster, this.#port, SETTINGS, new AbortController().signal)
    this.#leash.hold(this.#postmaster.processId, 'SIGINT')
  }

  /** Begins to end it at once; resolves when it has ended. */
  async stop(how: keyof typeof ENDINGS): Promise<void> {
    const { processId } = this.#running()
    signal(processId, ENDINGS[how])
    while (isAlive(processId)) await sleep(5)
    this.#leash.release(processId)
    this.#postmaster = null
  }

  /** All its processes stand still. */
  freeze(): void {
    freeze(this.#running().processId)
  }

  thaw(): void {
    thaw(this.#running().processId)
  }

  async close(): Promise<void> {
    if (this.#postmaster === null) return
    this.thaw()
    await stopPostmaster(this.#cluster)
    this.#leash.release(this.#postmaster.processId)
    this.#postmaster = null
  }

  #running(): Postmaster {
    if (this.#postmaster === null) throw new Error('Postgres does not run')
    return this.#postmaster
  }
}
