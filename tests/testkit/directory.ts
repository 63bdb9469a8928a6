import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { inject, onTestFinished } from 'vitest'
import { letEveryoneEnter, removeDirectory } from './run-directory.js'

/** A directory that goes with the test. */
export function temporaryDirectory(): string {
  const directory = createTemporaryDirectory()
  onTestFinished(() => removeDirectory(directory))
  return directory
}

/** A directory that goes with the test run. */
export function createTemporaryDirectory(): string {
  const directory = mkdtempSync(join(inject('runDirectory'), 'test-'))
  letEveryoneEnter(directory)
  return directory
}
