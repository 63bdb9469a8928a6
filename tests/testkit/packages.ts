import { readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isInstalled } from '../../scripts/install.mjs'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/**
 * Gives a copy of the project the packages of this one, by a link.
 *
 * @throws {Error} when these are not what package-lock.json says. The scripts of the copy would install them anew, and
 * npm empties what the link leads to.
 */
export function linkPackages(copy: string): void {
  if (!isInstalled(packagesOf('package-lock.json'), packagesOf('node_modules/.package-lock.json'))) {
    throw new Error('The installed packages are not those of package-lock.json. Run `npm ci` first.')
  }
  symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'))
}

function packagesOf(file: string) {
  return JSON.parse(readFileSync(join(ROOT, file), 'utf8')).packages
}
