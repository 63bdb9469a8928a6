import type { PostgresBinaries } from './postgres-binaries.js'
import type { SystemUser } from './run-program.js'

/** A directory with the data of a Postgres server, and all that it takes to run one on it. */
export interface PostgresCluster {
  /** What the caller named, as an absolute path without symbolic links. */
  readonly directory: string
  readonly dataDirectory: string
  readonly logFile: string
  readonly password: string
  readonly binaries: PostgresBinaries
  readonly user: SystemUser | null
}

export const SUPERUSER = 'postgres'
