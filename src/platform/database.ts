import { PrismaPg } from '@prisma/adapter-pg'
import pg from 'pg'
import type { Limits } from '../config/limits.js'
import { type Prisma, PrismaClient } from '../generated/prisma/client.js'
import { within } from '../within.js'
import { atomically } from './atomically.js'
import { isDatabaseUnavailable, sqlStateOf } from './database-errors.js'

/** A parameterised SQL statement, with a name under which a connection keeps it prepared. */
export interface Statement {
  readonly name: string
  readonly text: string
}

/** One Postgres, in the two ways that stores use it. Both draw on one pool. */
export interface Database {
  readonly prisma: PrismaClient
  /**
   * Does work in one database transaction, again when somebody else was in the way: it must change nothing else.
   *
   * @throws {ServiceUnavailableError} when somebody was in the way each time; nothing was stored.
   */
  atomically<Result>(work: (tx: Prisma.TransactionClient) => Promise<Result>): Promise<Result>
  /** Runs one prepared statement on any connection: for what is too hot for Prisma. */
  query<Row extends object>(statement: Statement, values: readonly unknown[]): Promise<Row[]>
  /** The SQLSTATE of an error that came from here; null when Postgres didn't say one. */
  sqlStateOf(error: unknown): string | null
  /** Whether an error that came from here means that the database couldn't be asked. */
  isUnavailable(error: unknown): boolean
}

/** So much over the server's own limit for a statement, for a server that hangs and can't keep it. */
const CLIENT_GRACE_MS = 500

/** How long connections that are in use are waited for at the end: one to a server that hangs may be for long. */
const CLOSE_WITHIN_MS = 2_500

export type DatabaseLimits = Pick<
  Limits,
  'databaseStatementTimeoutMs' | 'databaseLockTimeoutMs' | 'databasePoolTimeoutMs' | 'databaseIdleTimeoutMs'
>

export interface DatabaseOptions {
  readonly url: string
  readonly poolSize: number
  readonly limits: DatabaseLimits
  /** A connection broke while nobody used it. The pool replaces it. */
  readonly onConnectionLost: (error: Error) => void
}

/** Connects at the first use, not before. Statements, lock waits and waits for a connection are bounded in time. */
export function openDatabase({
  url,
  poolSize,
  limits,
  onConnectionLost,
}: DatabaseOptions): Database & { close(): Promise<void> } {
  const pool = new pg.Pool({
    connectionString: url,
    max: poolSize,
    application_name: 'escrow-chat',
    // Prisma takes an instant without its offset; in any other zone each would be read and written hours off.
    options: '-c TimeZone=UTC',
    connectionTimeoutMillis: limits.databasePoolTimeoutMs,
    statement_timeout: limits.databaseStatementTimeoutMs,
    lock_timeout: limits.databaseLockTimeoutMs,
    idle_in_transaction_session_timeout: limits.databaseIdleTimeoutMs,
    query_timeout: limits.databaseStatementTimeoutMs + CLIENT_GRACE_MS,
    keepAlive: true,
  })
  pool.on('error', onConnectionLost)
  // One that breaks between being taken and being used has no other listener, and would end the process.
  pool.on('connect', (client) => client.on('error', () => undefined))
  const prisma = new PrismaClient({
    adapter: new PrismaPg(pool),
    // Longer formats quote the arguments of a call, and with them what people say.
    errorFormat: 'minimal',
    transactionOptions: { maxWait: limits.databasePoolTimeoutMs, timeout: limits.databaseStatementTimeoutMs },
  })
  return {
    prisma,
    atomically: (work) => atomically(prisma, work),
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
