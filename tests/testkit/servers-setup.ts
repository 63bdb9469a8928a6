import { join } from 'node:path'
import pg from 'pg'
import type { TestProject } from 'vitest/node'
import { prepare } from '../../scripts/prepare.mjs'
import { startEmbeddedPostgres } from '../../src/platform/embedded-postgres.js'
import { applyMigrations } from '../../src/platform/migrations.js'
import { hasRedisServer, RedisServer } from './redis-server.js'
import { createRunDirectory, removeDirectory } from './run-directory.js'

/** The migrated database that every test database is copied from. */
export const TEMPLATE = 'test_template'

declare module 'vitest' {
  interface ProvidedContext {
    /** The server of this test run, at a database for administration. */
    readonly postgresUrl: string
    /** The Redis of this test run, which nobody may end or empty; an empty string where there is none. */
    readonly redisUrl: string
    /** Whether the services of the tests are connected by that Redis, each group of nodes under a prefix of its own. */
    readonly isOverRedis: boolean
    /** Where this test run keeps its files. */
    readonly runDirectory: string
  }
}

/** One Postgres for the whole run, and one Redis: the one of REDIS_URL, or one that is started where it is installed. Test databases need not outlive a power failure, so nothing waits for the disk. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  // Also for those who call vitest themselves: nodes in processes of their own are started as they are built.
  await prepare({ documents: true })
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
  const given = process.env['REDIS_URL']
  const redis = hasRedisServer && !given ? await RedisServer.start({ directory: runDirectory }) : null
  project.provide('redisUrl', given || redis?.url || '')
  project.provide('runDirectory', runDirectory)
  return async () => {
    await redis?.kill()
    await postgres.close()
    removeDirectory(runDirectory)
  }
}
