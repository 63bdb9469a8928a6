import { spawn } from 'node:child_process'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder of the project. */
export const root = fileURLToPath(new URL('..', import.meta.url))

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP']

/** A program's failure, with all that it printed. */
export class ProgramError extends Error {
  name = 'ProgramError'
  constructor(command, exitCode, output) {
    super(`${command} failed (exit code ${exitCode})`)
    this.output = output
  }
}

/** Runs a program in the project, keeps what it prints, and answers with that; throws a ProgramError when it fails. */
export async function runQuietly(command, args, { env = {}, shell = false } = {}) {
  // Programs start each other by name, as under npm.
  const path = [join(root, 'node_modules', '.bin'), process.env.PATH].join(delimiter)
  const child = spawn(command, args, {
    cwd: root,
    env: { ...process.env, ...env, PATH: path },
    shell,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const chunks = []
  child.stdout.on('data', (chunk) => chunks.push(chunk))
  child.stderr.on('data', (chunk) => chunks.push(chunk))
  const stopForwarding = forwardSignals(child)
  const exitCode = await new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => resolve(code ?? signal))
  }).finally(stopForwarding)
  const output = Buffer.concat(chunks).toString()
  if (exitCode !== 0) throw new ProgramError([command, ...args].join(' '), exitCode, output)
  return output
}

/** A signal ends the program first and then us, so that no half-done installation goes on without us. */
function forwardSignals(child) {
  let received
  const forward = (signal) => {
    received = signal
    child.kill(signal)
  }
  for (const signal of SIGNALS) process.on(signal, forward)
  return () => {
    for (const signal of SIGNALS) process.off(signal, forward)
    if (received) process.kill(process.pid, received)
  }
}

/** The script of a package's command, for `node`: without npx in between, which costs half a second each time. */
export function bin(path) {
  return join(root, 'node_modules', path)
}
