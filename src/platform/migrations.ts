import { randomUUID } from 'node:crypto'
import pg from 'pg'
import { StartupError } from '../startup-error.js'
import { type Migration, readMigrations } from './migration-files.js'

/** Prisma's own lock, so that `prisma migrate deploy` and this runner keep out of each other's way. */
const MIGRATION_LOCK = 72_707_369
const LOCK_WAIT_MS = 60_000

/** Prisma's own table, to the letter. */
const CREATE_BOOKS = `
  CREATE TABLE IF NOT EXISTS _prisma_migrations (
    id                  VARCHAR(36) PRIMARY KEY NOT NULL,
    checksum            VARCHAR(64) NOT NULL,
    finished_at         TIMESTAMPTZ,
    migration_name      VARCHAR(255) NOT NULL,
    logs                TEXT,
    rolled_back_at      TIMESTAMPTZ,
    started_at          TIMESTAMPTZ NOT NULL DEFAULT now(),
    applied_steps_count INTEGER NOT NULL DEFAULT 0
  )`

interface BookedMigration {
  readonly name: string
  readonly checksum: string
  readonly isFinished: boolean
}

/**
 * Brings the database to the newest of the migrations in `directory` (`<name>/migration.sql`, in the order of their
 * names) and answers with the names of those that it applied. Each is one database transaction: applied and booked, or
 * neither. Nodes that start at the same time wait for each other.
 *
 * The books are Prisma's (table, checksums, lock), so `prisma migrate deploy` may be used instead at any time.
 *
 * @throws {StartupError} when the database and the files contradict each other, or a migration fails.
 */
export async function applyMigrations(databaseUrl: string, directory: string): Promise<string[]> {
  const migrations = await readMigrations(directory)
  const client = new pg.Client({ connectionString: databaseUrl, application_name: 'escrow-chat migrations' })
  // A lost connection fails the query that is under way; without a listener it would end the process as well.
  client.on('error', () => undefined)
  try {
    await client.connect()
  } catch (cause) {
    throw new StartupError(`The database can't be reached: ${(cause as Error).message || String(cause)}`, { cause })
  }
  try {
    await lock(client)
    const applied: string[] = []
    for (const migration of await findPending(client, migrations)) {
      await apply(client, migration)
      applied.push(migration.name)
    }
    return applied
  } finally {
    // The lock ends with the connection.
    await client.end()
  }
}

async function lock(client: pg.Client): Promise<void> {
  await client.query(`SET lock_timeout = ${LOCK_WAIT_MS}`)
  await client.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]).catch((cause: Error) => {
    throw new StartupError(
      `Another process has been migrating the database for ${LOCK_WAIT_MS / 1000} s: ${cause.message}`,
      { cause },
    )
  })
}

async function findPending(client: pg.Client, migrations: readonly Migration[]): Promise<Migration[]> {
  await openBooks(client)
  const { rows: booked } = await client.query<BookedMigration>(
    `SELECT migration_name AS name, checksum, finished_at IS NOT NULL AS "isFinished"
     FROM _prisma_migrations WHERE rolled_back_at IS NULL ORDER BY started_at`,
  )
  const files = new Map(migrations.map((migration) => [migration.name, migration]))
  for (const { name, checksum, isFinished } of booked) {
    if (!isFinished) {
      throw new StartupError(
        `The migration ${name} has failed on this database before. Repair what it left, then run: prisma migrate resolve --rolled-back ${name}`,
      )
    }
    const file = files.get(name)
    if (file === undefined) {
      throw new StartupError(
        `The database has the migration ${name}, which this version doesn't know. Start the version that belongs to it.`,
      )
    }
    if (!file.checksums.includes(checksum)) {
      throw new StartupError(
        `The file of the migration ${name} was changed after it had been applied. Restore it, and put the change into a new migration.`,
      )
    }
  }
  const names = new Set(booked.map(({ name }) => name))
  return migrations.filter(({ name }) => !names.has(name))
}

/** Like Prisma, it puts nothing into a database with tables that are none of ours. */
async function openBooks(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ hasBooks: boolean; hasTables: boolean }>(
    `SELECT to_regclass('_prisma_migrations') IS NOT NULL AS "hasBooks",
            EXISTS (SELECT FROM pg_tables WHERE schemaname = current_schema()) AS "hasTables"`,
  )
  if (rows[0]?.hasBooks) return
  if (rows[0]?.hasTables) {
    throw new StartupError(
      'The database has tables already, and they are not of Escrow Chat. Set DATABASE_URL to an empty database.',
    )
  }
  await client.query(CREATE_BOOKS)
}

async function apply(client: pg.Client, { name, sql, checksum }: Migration): Promise<void> {
  const startedAt = new Date()
  try {
    await client.query('BEGIN')
    await client.query(sql)
    await client.query(
      `INSERT INTO _prisma_migrations (id, checksum, migration_name, started_at, finished_at, applied_steps_count)
       VALUES ($1, $2, $3, $4, clock_timestamp(), 1)`,
      [randomUUID(), checksum, name, startedAt],
    )
    await client.query('COMMIT')
  } catch (cause) {
    throw new StartupError(`The migration ${name} failed, and nothing of it was kept: ${(cause as Error).message}`, {
      cause,
    })
  }
}
