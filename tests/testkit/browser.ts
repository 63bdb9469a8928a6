import { type Browser, chromium } from 'playwright-core'
import { describe, test } from 'vitest'
import { findChromium } from '../../scripts/programs.mjs'

const TIMEOUT_MS = 60_000
const MISSING =
  'Chromium is not installed: the tests in a browser need it. On Debian: apt-get install chromium. Elsewhere: install Chromium or Chrome, or set CHROMIUM_PATH to one.'

/** Nothing of its own over the network, and no graphics card. Playwright adds what root needs. */
const ARGUMENTS = [
  '--disable-gpu',
  '--disable-quic',
  '--disable-sync',
  '--disable-background-networking',
  '--disable-component-update',
  '--no-first-run',
]

/**
 * A suite that needs a real Chromium, from `CHROMIUM_PATH` or wherever this machine has it. Where there is none it is
 * skipped with a word about it; with CI=true it fails.
 *
 * @param declareTests is given what starts the browser; to be closed by the suite.
 */
export function describeInBrowser(name: string, declareTests: (launch: () => Promise<Browser>) => void): void {
  const executablePath = findChromium()
  if (executablePath !== null) {
    describe(name, { timeout: TIMEOUT_MS }, () =>
      declareTests(() => chromium.launch({ executablePath, args: ARGUMENTS })),
    )
  } else if (process.env['CI'] === 'true') {
    describe(name, () => {
      test('finds a browser', () => {
        throw new Error(MISSING)
      })
    })
  } else {
    console.warn(`SKIPPED: ${name}. ${MISSING}`)
    describe.skip(name, () => declareTests(() => Promise.reject(new Error(MISSING))))
  }
}
