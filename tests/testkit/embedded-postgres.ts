import { execFileSync } from 'node:child_process'
import { beforeAll, onTestFinished } from 'vitest'
import {
  type EmbeddedPostgres,
  type EmbeddedPostgresOptions,
  startEmbeddedPostgres,
} from '../../src/platform/embedded-postgres.js'
import { createTemporaryDirectory, temporaryDirectory } from './directory.js'
import { FAST } from './postgres-files.js'
import { query } from './sql.js'

export const isRoot = process.getuid?.() === 0
/** An ordinary user that every Unix has. */
export const NOBODY = { uid: 65_534, gid: 65_534 }

/** Starts one that is closed with the test. */
export async function start(
  directory: string,
  options: Partial<EmbeddedPostgresOptions> = {},
): Promise<EmbeddedPostgres> {
  const postgres = await startEmbeddedPostgres({ directory, settings: FAST, ...options })
  onTestFinished(() => postgres.close())
  return postgres
}

/**
 * For the tests of a file: makes directories that were used before, in whose database there is the word "earlier".
 * Copying one is ten times as fast as creating one.
 */
export function prepareUsedDirectories(): () => string {
  let seed: string
  beforeAll(async () => {
    seed = createTemporaryDirectory()
    const postgres = await startEmbeddedPostgres({ directory: seed, settings: FAST })
    await commit(postgres.url, 'earlier')
    await postgres.close()
  })
  return () => {
    const directory = temporaryDirectory()
    execFileSync('cp', ['-a', `${seed}/.`, directory])
    return directory
  }
}

/** What the service does at an acknowledgement: a commit. */
export async function commit(url: string, word: string): Promise<void> {
  await query(url, 'CREATE TABLE IF NOT EXISTS said (word text)')
  await query(url, 'INSERT INTO said VALUES ($1)', [word])
}

/** All words that were committed, in order. */
export async function committed(url: string): Promise<string[]> {
  return (await query<{ word: string }>(url, 'SELECT word FROM said')).map(({ word }) => word)
}
