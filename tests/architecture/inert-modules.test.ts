import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import { pathToFileURL } from 'node:url'
import { expect, test, vi } from 'vitest'
import { temporaryDirectory } from '../testkit/directory.js'
import { sourceFiles } from './source-files.js'

// Each starts a program that compiles what it imports, which takes its time on a busy machine.
vi.setConfig({ testTimeout: 60_000 })

/**
 * Imports modules in a process of their own. It says what they started, and who of them looked at the environment, and
 * then has to come to its end by itself.
 */
const IMPORT_AND_TELL = `
  const before = process.getActiveResourcesInfo()
  const modules = JSON.parse(process.argv[1])
  const directories = JSON.parse(process.argv[2])
  const readers = []
  const watched = {
    get(env, name) {
      const caller = new Error().stack.split('\\n')[2] ?? ''
      if (!caller.includes('node_modules') && directories.some((directory) => caller.includes(directory))) readers.push(String(name))
      return env[name]
    },
  }
  process.env = new Proxy(process.env, watched)
  for (const module of modules) await import(module)
  const started = process.getActiveResourcesInfo()
  for (const resource of before) if (started.includes(resource)) started.splice(started.indexOf(resource), 1)
  console.log(JSON.stringify({ started, readers }))
`

async function importAll(modules: readonly string[], directory: string) {
  const urls = modules.map((file) => pathToFileURL(file).href)
  const args = [
    '--import',
    'tsx',
    '--input-type=module',
    '--eval',
    IMPORT_AND_TELL,
    JSON.stringify(urls),
    JSON.stringify([directory]),
  ]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  const ended = once(child, 'exit')
  const [output, complaints] = await Promise.all([text(child.stdout), text(child.stderr)])
  const [exitCode] = await ended
  if (exitCode !== 0) throw new Error(complaints)
  return JSON.parse(output) as { started: string[]; readers: string[] }
}

test('importing every module but main starts nothing, reads no environment, and lets the process end', async () => {
  const modules = sourceFiles().filter((file) => file !== 'main.ts')
  expect(modules.length).toBeGreaterThan(50)
  expect(
    await importAll(
      modules.map((file) => resolve('src', file)),
      resolve('src'),
    ),
  ).toEqual({ started: [], readers: [] })
})

test('a module that starts something or reads the environment is found', async () => {
  const directory = temporaryDirectory()
  const file = join(directory, 'busy.mjs')
  writeFileSync(file, 'setTimeout(() => {}, 10)\nexport const home = process.env.HOME\n')
  expect(await importAll([file], directory)).toEqual({ started: ['Timeout'], readers: ['HOME'] })
})
