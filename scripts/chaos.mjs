// `npm run chaos`: prepares what is missing, and lets faults strike the service for some minutes. tests/chaos/README.md says more.

import { spawn } from 'node:child_process'
import { main } from './main.mjs'
import { prepare } from './prepare.mjs'
import { root } from './run-quietly.mjs'

await main(async () => {
  await prepare({ documents: true, dist: false })
  const args = ['--import', 'tsx', 'tests/chaos/long.ts', ...process.argv.slice(2)]
  const child = spawn(process.execPath, args, { cwd: root, stdio: 'inherit' })
  // A signal may come to us alone; we stay until the other is gone.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  process.exitCode = await new Promise((resolve) => child.once('exit', (code) => resolve(code ?? 1)))
})
