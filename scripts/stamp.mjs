// Whether something that was made is still of today's inputs: a hash of them is kept beside it. Times of files won't do,
// for git sets them as it likes.

import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { root } from './run-quietly.mjs'

/** A hash of the files, and of all files below the folders, that pass the filter. What isn't there counts as that. */
export function hashFiles(paths, { filter = () => true } = {}) {
  const hash = createHash('sha256').update(process.version)
  for (const file of paths.flatMap((path) => filesOf(join(root, path)))) {
    const content = readFileSync(file)
    if (filter(file, content)) hash.update(`\0${relative(root, file)}\0`).update(content)
  }
  return hash.digest('hex')
}

function filesOf(path) {
  if (!existsSync(path)) return []
  if (!statSync(path).isDirectory()) return [path]
  return readdirSync(path, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .filter(({ name }) => name !== 'generated' && name !== 'node_modules')
    .flatMap(({ name }) => filesOf(join(path, name)))
}

export function isCurrent(stampFile, hash) {
  const file = join(root, stampFile)
  return existsSync(file) && readFileSync(file, 'utf8') === hash
}

export function writeStamp(stampFile, hash) {
  writeFileSync(join(root, stampFile), hash)
}
