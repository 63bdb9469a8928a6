import { chown, mkdtemp, open, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pid } from 'node:process'
import { StartupError } from '../startup-error.js'
import { type PostgresCluster, SUPERUSER } from './postgres-cluster.js'
import { isAlive, runProgram } from './run-program.js'

/**
 * Creates the data of a new cluster. initdb works in a directory beside the final one, which takes its place in one
 * step when everything is there.
 */
export async function createPostgresData(cluster: PostgresCluster, isDurable: boolean): Promise<void> {
  const { directory, dataDirectory, password, binaries, user } = cluster
  await removeAbandonedDrafts(directory)
  const draft = await mkdtemp(join(directory, draftName()))
  try {
    const passwordFile = join(draft, 'password')
    await writeFile(passwordFile, password, { mode: 0o600 })
    if (user) for (const path of [draft, passwordFile]) await chown(path, user.uid, user.gid)
    const draftData = join(draft, 'data')
    const options = [
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      '--locale=C',
      '--no-instructions',
      ...(isDurable ? [] : ['--no-sync']),
    ]
    const { exitCode, output } = await runProgram(
      binaries.initdb,
      [`--pgdata=${draftData}`, `--username=${SUPERUSER}`, `--pwfile=${passwordFile}`, ...options],
      user,
    )
    if (exitCode !== 0) throw new StartupError(`The embedded Postgres could not be created: ${output}`)
    await rename(draftData, dataDirectory).catch((error: NodeJS.ErrnoException) => {
      // Somebody else's first start was faster: theirs it is.
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error
    })
    await syncDirectory(directory)
  } finally {
    await rm(draft, { recursive: true, force: true })
  }
}

const DRAFT_PREFIX = 'postgres-draft-'

/** The name of something unfinished. It says whose it is, so that the next start can tell what was abandoned. */
export function draftName(what = ''): string {
  return `${DRAFT_PREFIX}${pid}-${what}`
}

async function removeAbandonedDrafts(directory: string): Promise<void> {
  for (const name of await readdir(directory)) {
    const owner = name.startsWith(DRAFT_PREFIX) ? Number.parseInt(name.slice(DRAFT_PREFIX.length), 10) : Number.NaN
    if (Number.isNaN(owner) || isAlive(owner)) continue
    // Its initdb may be at work still, for another moment.
    await rm(join(directory, name), { recursive: true, force: true, maxRetries: 10 })
  }
}

/** Until the directory itself is on the disk, a power failure could take the new entry away, and the data with it. */
async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory)
  try {
    await handle.sync()
  } catch {
    // Windows has no such thing.
  } finally {
    await handle.close()
  }
}
