import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { StartupError } from '../startup-error.js'

export interface Migration {
  readonly name: string
  readonly sql: string
  /** SHA-256 of the file as it is, in hexadecimal. */
  readonly checksum: string
  /** All that count as the same: git may have turned the line ends, and Prisma overlooks that too. */
  readonly checksums: readonly string[]
}

/** Reads `<directory>/<name>/migration.sql` for every name, in order. */
export async function readMigrations(directory: string): Promise<Migration[]> {
  const entries = await readdir(directory, { withFileTypes: true }).catch((cause: Error) => {
    throw new StartupError(`The migrations can't be read: ${cause.message}`, { cause })
  })
  const names = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name)
  return Promise.all(
    names.toSorted().map(async (name) => {
      const sql = await readFile(join(directory, name, 'migration.sql'), 'utf8').catch((cause: Error) => {
        throw new StartupError(`The migration ${name} can't be read: ${cause.message}`, { cause })
      })
      return { name, sql, checksum: checksumOf(sql), checksums: checksumsOf(sql) }
    }),
  )
}

function checksumsOf(sql: string): string[] {
  const unix = sql.replaceAll('\r\n', '\n')
  return [sql, unix, unix.replaceAll('\n', '\r\n')].map(checksumOf)
}

function checksumOf(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
