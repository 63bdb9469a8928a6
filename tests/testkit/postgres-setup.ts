import { join } from 'node:path'
import pg from 'pg'
import type { TestProject } from 'vitest/node'
import { startEmbeddedPostgres } from '../../src/platform/embedded-postgres.js'
import { applyMigrations } from '../../src/platform/migrations.js'
import { createRunDirectory, removeDirectory } from './run-directory.js'

/** The migrated database that every test database is copied from. */
export const TEMPLATE = 'test_template'

declare module 'vitest' {
  interface ProvidedContext {
    /** The server of this test run, at a database for administration. */
    readonly postgresUrl: string
    /** Where this test run keeps its files. */
    readonly runDirectory: string
  }
}

/** One Postgres for the whole run. Test databases need not outlive a power failure, so nothing waits for the disk. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const runDirectory = createRunDirectory()
  const postgres = await startEmbeddedPostgres({
    directory: join(runDirectory, 'server'),
    settings: { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', max_connections: '500' },
  })
  const templateUrl = new URL(postgres.url)
  templateUrl.pathname = `/${TEMPLATE}`
  const admin = new pg.Client({ connectionString: postgres.url })
  await admin.connect()
  await admin.query(`CREATE DATABASE ${TEMPLATE}`)
  await admin.end()
  await applyMigrations(templateUrl.href, 'prisma/migrations')
  project.provide('postgresUrl', postgres.url)
  project.provide('runDirectory', runDirectory)
  return async () => {
    await postgres.close()
    removeDirectory(runDirectory)
  }
}
