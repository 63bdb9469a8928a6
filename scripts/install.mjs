import { existsSync, lstatSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { UsageError } from './main.mjs'
import { root, runQuietly } from './run-quietly.mjs'
import { step } from './steps.mjs'

/** Installs exactly what package-lock.json says, unless that is there already. */
export async function install() {
  const locked = readPackages('package-lock.json')
  if (isInstalled(locked, readPackages('node_modules/.package-lock.json'))) return
  // npm would empty what it leads to.
  if (isLink(join(root, 'node_modules'))) {
    throw new UsageError(
      'node_modules is a link, and what it leads to is not what package-lock.json says: run npm ci there.',
    )
  }
  const done = step('Installing packages')
  try {
    // Also under NODE_ENV=production, which would leave out the compiler, among others.
    await runNpm(['ci', '--include=dev', '--include=optional', '--no-audit', '--no-fund', '--loglevel=error'])
  } catch (error) {
    done.fail()
    throw error
  }
  done(`${Object.keys(readPackages('node_modules/.package-lock.json') ?? {}).length} packages`)
}

/** npm writes down in node_modules what it put there, as the very last thing. */
export function isInstalled(locked, installed, platform = process) {
  if (!installed) return false
  const { '': project, ...packages } = locked
  const isDirect = (path) => path.replace('node_modules/', '') in (project.optionalDependencies ?? {})
  const isMissing = ([path, { version, integrity, optional }]) =>
    installed[path]
      ? installed[path].version !== version || installed[path].integrity !== integrity
      : !optional || isDirect(path)
  // node_modules may have been copied here from another kind of machine.
  const isForeign = ([path, { os, cpu }]) =>
    !packages[path] || !fits(os, platform.platform) || !fits(cpu, platform.arch)
  return !Object.entries(packages).some(isMissing) && !Object.entries(installed).some(isForeign)
}

function fits(allowed, actual) {
  if (!allowed) return true
  return allowed.some((name) => name.startsWith('!')) ? !allowed.includes(`!${actual}`) : allowed.includes(actual)
}

function isLink(path) {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ?? false
}

function readPackages(file) {
  const path = join(root, file)
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')).packages : null
}

function runNpm(args) {
  // Under `npm start` npm says where it is itself. Elsewhere it has to be on the PATH; on Windows it is a shell script.
  const npm = process.env.npm_execpath
  if (npm?.endsWith('.js')) return runQuietly(process.execPath, [npm, ...args])
  return runQuietly('npm', args, { shell: process.platform === 'win32' })
}
