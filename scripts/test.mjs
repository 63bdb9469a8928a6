// `npm test`: prepares what is missing, runs vitest with the arguments it was given, and ends with the counts.

import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readCounts } from './counts.mjs'
import { main, UsageError } from './main.mjs'
import { findChromium, findOpenssl, findRedisServer } from './programs.mjs'
import { bin, root } from './run-quietly.mjs'

await main(async () => {
  const missing = missingPrograms()
  if (missing.length > 0 && process.env.CI === 'true')
    throw new UsageError(`With CI=true no test may be skipped.\n${missing.join('\n')}`)
  const { prepare } = await import('./prepare.mjs')
  await prepare({ documents: true })
  const { exitCode, counts } = await runVitest(process.argv.slice(2))
  // At the end, where it is seen.
  for (const line of missing) console.log(`! ${line}`)
  if (counts) console.log(counts)
  process.exitCode = exitCode
})

function missingPrograms() {
  const missing = []
  if (!findChromium())
    missing.push('Chromium is not installed: the tests in a browser are skipped. On Debian: apt-get install chromium')
  if (!findRedisServer() && !process.env.REDIS_URL) {
    missing.push(
      'redis-server is not installed: the tests with Redis are skipped. On Debian: apt-get install redis-server',
    )
  }
  if (!findOpenssl())
    missing.push('openssl is not installed: the test of TLS is skipped. On Debian: apt-get install openssl')
  return missing
}

async function runVitest(args) {
  const folder = mkdtempSync(join(tmpdir(), 'escrow-chat-report-'))
  const option = '--outputFile.json='
  const report = args.find((arg) => arg.startsWith(option))?.slice(option.length) ?? join(folder, 'report.json')
  try {
    const child = spawn(
      process.execPath,
      [
        bin('vitest/vitest.mjs'),
        'run',
        '--reporter=default',
        '--reporter=json',
        `${option}${report}`,
        ...args.filter((arg) => !arg.startsWith(option)),
      ],
      { cwd: root, stdio: 'inherit' },
    )
    // A signal may come to us alone; we stay until vitest is gone.
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
    const exitCode = await new Promise((resolve) => child.once('exit', (code) => resolve(code ?? 1)))
    return { exitCode, counts: readCounts(report) }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
