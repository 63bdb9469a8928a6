import { readFileSync } from 'node:fs'
import { ProgramError } from './run-quietly.mjs'

/** Runs a script's task; its failure is said in plain words, with the output of the program that failed, and exit code 1. */
export async function main(task) {
  try {
    assertNodeVersion()
    await task()
  } catch (error) {
    if (error instanceof ProgramError) console.error(`${error.output.trimEnd()}\n\n${error.message}`)
    else console.error(error instanceof UsageError ? error.message : error)
    process.exitCode = 1
  }
}

/** The person can mend it; the message says how. */
export class UsageError extends Error {}

function assertNodeVersion() {
  const { engines } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
  const needed = engines.node.replace('>=', '')
  const [major, minor] = process.versions.node.split('.').map(Number)
  const [neededMajor, neededMinor] = needed.split('.').map(Number)
  if (major > neededMajor || (major === neededMajor && minor >= neededMinor)) return
  throw new UsageError(
    `Escrow Chat needs Node ${needed} or newer; this is ${process.versions.node}. Get it from https://nodejs.org`,
  )
}
