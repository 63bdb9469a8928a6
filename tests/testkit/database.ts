import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { inject } from 'vitest'
import { TEMPLATE } from './servers-setup.js'

export interface TestDatabase {
  readonly url: string
  /** Cuts all connections to it, and lets no new one in. */
  goAway(): Promise<void>
  comeBack(): Promise<void>
  /** Removes it, whoever is still connected. */
  drop(): Promise<void>
}

/** A database of its own for a test file, migrated; or one with nothing in it at all. */
export async function createTestDatabase({ isEmpty = false } = {}): Promise<TestDatabase> {
  const name = `test_${randomBytes(8).toString('hex')}`
  await administrate(`CREATE DATABASE ${name} TEMPLATE ${isEmpty ? 'template0' : TEMPLATE}`)
  const url = new URL(inject('postgresUrl'))
  url.pathname = `/${name}`
  return {
    url: url.href,
    async goAway() {
      await administrate(`ALTER DATABASE ${name} ALLOW_CONNECTIONS false`)
      await administrate(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${name}'`)
    },
    comeBack: () => administrate(`ALTER DATABASE ${name} ALLOW_CONNECTIONS true`),
    drop: () => administrate(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`),
  }
}

async function administrate(sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: inject('postgresUrl') })
  await client.connect()
  try {
    await client.query(sql)
  } finally {
    await client.end()
  }
}
