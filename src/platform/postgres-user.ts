import { stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { geteuid } from 'node:process'
import { StartupError } from '../startup-error.js'
import { runProgram, type SystemUser } from './run-program.js'

const NAME = 'postgres'

/**
 * Who Postgres is to run as: null means ourselves. Postgres refuses to run as root, so under root it is the owner of
 * the data, and for new data the system's `postgres`, who is created when missing.
 *
 * @throws {StartupError} when there is nobody to run it.
 */
export async function choosePostgresUser(dataDirectory: string): Promise<SystemUser | null> {
  const owner = await stat(dataDirectory).catch(() => null)
  const uid = geteuid?.()
  if (uid === undefined) return null
  if (uid !== 0) {
    if (owner === null || owner.uid === uid) return null
    throw new StartupError(
      `${dataDirectory} belongs to another user (uid ${owner.uid}). Start as that user or as root, or set DATA_DIR to another directory.`,
    )
  }
  if (owner !== null && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid }
  return (await findUser()) ?? (await createUser())
}

async function findUser(): Promise<SystemUser | null> {
  const [uid, gid] = await Promise.all(['-u', '-g'].map((which) => runProgram('id', [which, NAME], null)))
  if (uid?.exitCode !== 0 || gid?.exitCode !== 0) return null
  return { uid: Number(uid.output), gid: Number(gid.output) }
}

async function createUser(): Promise<SystemUser> {
  const attempts = [
    await runProgram('groupadd', ['--system', NAME], null).catch(String),
    await runProgram('useradd', ['--system', '-g', NAME, NAME], null).catch(String),
  ]
  const user = await findUser()
  if (user !== null) return user
  const reasons = attempts.map((attempt) => (typeof attempt === 'string' ? attempt : attempt.output)).filter(Boolean)
  throw new StartupError(
    `Postgres does not run as root, and the user "${NAME}" for it could not be created (${reasons.join('; ')}). Start as an ordinary user, or set DATABASE_URL.`,
  )
}

/**
 * Makes sure that the user can get to a directory. Their own rights count, not ours: below a home of mode 0700 we may
 * see everything, and they nothing.
 *
 * @throws {StartupError} that names the first directory on the way which keeps them out, and what to do.
 */
export async function assertReachable(directory: string, user: SystemUser | null): Promise<void> {
  if (user === null || (await canEnter(directory, user))) return
  let barrier = directory
  for (let parent = dirname(barrier); !(await canEnter(parent, user)); parent = dirname(parent)) barrier = parent
  throw new StartupError(
    `Postgres does not run as root but as uid ${user.uid}, which can't get into ${barrier}. Move the project to a place that everyone can enter, or run: chmod o+x '${barrier}'. Or set DATABASE_URL.`,
  )
}

async function canEnter(directory: string, user: SystemUser): Promise<boolean> {
  const { exitCode } = await runProgram('/bin/sh', ['-c', 'cd -- "$0"', directory], user)
  return exitCode === 0
}
