import { randomBytes } from 'node:crypto'
import { link, mkdir, readFile, unlink, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { StartupError } from '../startup-error.js'

/**
 * A secret of 32 random bytes in hexadecimal, made at the first use and kept in a file that only its owner reads.
 *
 * @throws {StartupError} when the file has something else in it.
 */
export async function readOrCreateSecret(file: string): Promise<string> {
  await mkdir(dirname(file), { recursive: true })
  const draft = `${file}.${randomBytes(8).toString('hex')}`
  // The file gets its name when it is whole: whoever is killed on the way leaves no half of a secret.
  await writeFile(draft, randomBytes(32).toString('hex'), { flag: 'wx', mode: 0o600 })
  try {
    await link(draft, file)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  } finally {
    await unlink(draft)
  }
  const secret = (await readFile(file, 'utf8')).trim()
  if (/^[0-9a-f]{64}$/.test(secret)) return secret
  throw new StartupError(`${file} doesn't hold a secret of 64 hexadecimal digits. Remove it, and a new one is made.`)
}
