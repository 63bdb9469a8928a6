import { PrismaPg } from '@prisma/adapter-pg'
import pg from 'pg'
import { PrismaClient } from '../generated/prisma/client.js'
import { within } from '../within.js'
import { isDatabaseUnavailable, sqlStateOf } from './database-errors.js'

/** A parameterised SQL statement, with a name under which a connection keeps it prepared. */
export interface Statement {
  readonly name: string
  readonly text: string
}

/** One Postgres, in the two ways that stores use it. Both draw on one pool. */
export interface Database {
  readonly prisma: PrismaClient
  /** Runs one prepared statement on any connection: for what is too hot for Prisma. */
  query<Row extends object>(statement: Statement, values: readonly unknown[]): Promise<Row[]>
  /** The SQLSTATE of an error that came from here; null when Postgres didn't say one. */
  sqlStateOf(error: unknown): string | null
  /** Whether an error that came from here means that the database couldn't be asked. */
  isUnavailable(error: unknown): boolean
}

const STATEMENT_TIMEOUT_MS = 5_000
const LOCK_TIMEOUT_MS = 500
const IDLE_IN_TRANSACTION_TIMEOUT_MS = 10_000
const POOL_WAIT_MS = 2_000
/** A little over the server's own limit, for a server that hangs and can't keep it. */
const CLIENT_TIMEOUT_MS = STATEMENT_TIMEOUT_MS + 500

/** How long connections that are in use are waited for at the end: one to a server that hangs may be for long. */
const CLOSE_WITHIN_MS = 2_500

export interface DatabaseOptions {
  readonly url: string
  readonly poolSize: number
  /** A connection broke while nobody used it. The pool replaces it. */
  readonly onConnectionLost: (error: Error) => void
}

/** Connects at the first use, not before. Statements, lock waits and waits for a connection are bounded in time. */
export function openDatabase({
  url,
  poolSize,
  onConnectionLost,
}: DatabaseOptions): Database & { close(): Promise<void> } {
  const pool = new pg.Pool({
    connectionString: url,
    max: poolSize,
    application_name: 'escrow-chat',
    // Prisma takes an instant without its offset; in any other zone each would be read and written hours off.
    options: '-c TimeZone=UTC',
    connectionTimeoutMillis: POOL_WAIT_MS,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    lock_timeout: LOCK_TIMEOUT_MS,
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_TIMEOUT_MS,
    query_timeout: CLIENT_TIMEOUT_MS,
    keepAlive: true,
  })
  pool.on('error', onConnectionLost)
  // One that breaks between being taken and being used has no other listener, and would end the process.
  pool.on('connect', (client) => client.on('error', () => undefined))
  const prisma = new PrismaClient({
    adapter: new PrismaPg(pool),
    // Longer formats quote the arguments of a call, and with them what people say.
    errorFormat: 'minimal',
    transactionOptions: { maxWait: POOL_WAIT_MS, timeout: STATEMENT_TIMEOUT_MS },
  })
  return {
    prisma,
    async query<Row extends object>({ name, text }: Statement, values: readonly unknown[]): Promise<Row[]> {
      const result = await pool.query<Row>({ name, text, values: [...values] })
      return result.rows
    },
    sqlStateOf,
    isUnavailable: isDatabaseUnavailable,
    async close() {
      await within(
        CLOSE_WITHIN_MS,
        prisma.$disconnect().then(() => pool.end()),
      )
    },
  }
}
