import { randomBytes } from 'node:crypto'
import { chmod, link, mkdir, readFile, realpath, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { StartupError } from '../startup-error.js'
import { createPostgresData, draftName } from './create-postgres-data.js'
import { assertPostgresRuns, findPostgresBinaries } from './postgres-binaries.js'
import type { PostgresCluster } from './postgres-cluster.js'
import { assertReachable, choosePostgresUser } from './postgres-user.js'

/**
 * Opens the cluster in `<directory>/postgres`, and creates it first when there is none. A first start that was killed
 * leaves nothing half done, and two at once end up with the same cluster.
 *
 * @throws {StartupError} when it can't be: no programs, no rights, no space.
 */
export async function openPostgresCluster(
  requestedDirectory: string,
  { onCreate, isDurable }: { onCreate: () => void; isDurable: boolean },
): Promise<PostgresCluster> {
  const binaries = await findPostgresBinaries()
  const directory = await createDirectory(requestedDirectory)
  const dataDirectory = join(directory, 'postgres')
  const user = await choosePostgresUser(dataDirectory)
  await assertReachable(directory, user)
  await assertReachable(dirname(binaries.postgres), user)
  await assertPostgresRuns(binaries, user)
  const exists = await isThere(dataDirectory)
  const password = await readPassword(directory, { mayCreate: !exists })
  const cluster = { directory, dataDirectory, logFile: join(directory, 'postgres.log'), password, binaries, user }
  if (!exists) {
    onCreate()
    await createPostgresData(cluster, isDurable)
  }
  return cluster
}

async function createDirectory(path: string): Promise<string> {
  try {
    // A strict umask would keep the user that Postgres runs as out of a directory that is made for it.
    if ((await mkdir(path, { recursive: true })) !== undefined) await chmod(path, 0o711)
    return await realpath(path)
  } catch (cause) {
    throw new StartupError(`The data directory ${path} can't be created: ${(cause as Error).message}`, { cause })
  }
}

/** The password is settled before the data are: whoever comes first decides, and all others use theirs. */
async function readPassword(directory: string, { mayCreate }: { mayCreate: boolean }): Promise<string> {
  const file = join(directory, 'postgres-password')
  if (mayCreate && !(await isThere(file))) {
    const draft = join(directory, draftName(`password-${randomBytes(4).toString('hex')}`))
    await writeFile(draft, randomBytes(24).toString('base64url'), { mode: 0o600, flush: true })
    await link(draft, file).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error
    })
    await rm(draft)
  }
  return readFile(file, 'utf8').catch((cause: Error) => {
    throw new StartupError(
      `The password of the embedded Postgres can't be read: ${cause.message}. Without it nobody can use the data beside it.`,
      { cause },
    )
  })
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}
