import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** The counts of a vitest report in one line, or null when there is none: the run was stopped before its end. */
export function readCounts(report) {
  let results
  try {
    results = JSON.parse(readFileSync(report, 'utf8'))
  } catch {
    return null
  }
  const { numPassedTests, numFailedTests, numPendingTests, testResults } = results
  // A file that can't even be loaded has no tests that could fail.
  const broken = testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0,
  )
  const skipped = numPendingTests > 0 ? `, ${numPendingTests} skipped` : ''
  return `${numPassedTests} passed, ${numFailedTests + broken.length} failed${skipped}`
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const counts = readCounts(process.argv[2])
  console.log(counts ?? '0 passed, 0 failed: the tests did not run to their end')
  if (!counts) process.exitCode = 1
}
