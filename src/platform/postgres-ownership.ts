import { pid } from 'node:process'
import pg from 'pg'
import { type PostgresCluster, SUPERUSER } from './postgres-cluster.js'

/** The advisory lock that stands for the right to use the cluster. Any number does that nothing else uses. */
const OWNER_LOCK = 1_702_061_938
const OWNER_NAME = 'escrow-chat owner '
const CONNECT_TIMEOUT_MS = 5_000
export const DATABASE = 'escrow_chat'

/** The right to use a cluster, held by a connection: when this process dies, however it does, the right is free. */
export interface Ownership {
  readonly port: number
  /** Resolves when the connection is gone, and the right with it. */
  readonly lost: Promise<void>
  release(): Promise<void>
}

/** Somebody else has the right; `ownerProcessId` is null when they let go of it just now. */
export interface Occupied {
  readonly ownerProcessId: number | null
}

/**
 * Claims the cluster through the server on `port`, and sees to it that our database is there.
 *
 * @throws {Error} when that server can't be asked (yet), or serves other data.
 */
export async function claimOwnership(cluster: PostgresCluster, port: number): Promise<Ownership | Occupied> {
  const client = new pg.Client({
    host: '127.0.0.1',
    port,
    user: SUPERUSER,
    password: cluster.password,
    database: 'postgres',
    application_name: `${OWNER_NAME}${pid}`,
    keepAlive: true,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
  })
  const lost = new Promise<void>((resolve) => client.once('end', resolve))
  // What goes wrong is seen where a query fails, or by `lost`; without a listener it would end the process.
  client.on('error', () => undefined)
  try {
    await client.connect()
    const { rows } = await client.query<{ directory: string; isOurs: boolean }>(
      `SELECT current_setting('data_directory') AS directory, pg_try_advisory_lock($1) AS "isOurs"`,
      [OWNER_LOCK],
    )
    if (rows[0]?.directory !== cluster.dataDirectory) throw new Error(`the server on port ${port} serves other data`)
    if (!rows[0].isOurs) {
      const ownerProcessId = await findOwner(client)
      await client.end()
      return { ownerProcessId }
    }
    const databases = await client.query('SELECT FROM pg_database WHERE datname = $1', [DATABASE])
    if (databases.rowCount === 0) await client.query(`CREATE DATABASE ${DATABASE}`)
    return { port, lost, release: () => client.end() }
  } catch (error) {
    await client.end().catch(() => undefined)
    throw error
  }
}

async function findOwner(client: pg.Client): Promise<number | null> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT application_name AS name FROM pg_locks JOIN pg_stat_activity USING (pid)
     WHERE locktype = 'advisory' AND granted AND classid = 0 AND objid = $1`,
    [OWNER_LOCK],
  )
  return rows[0] === undefined ? null : Number(rows[0].name.replace(OWNER_NAME, ''))
}
