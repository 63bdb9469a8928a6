// `npm run check`: all that is checked without running the service. It says of each what came of it, and shows the
// output of those that failed.

import { main } from './main.mjs'

await main(async () => {
  const { prepare } = await import('./prepare.mjs')
  await prepare({ documents: true, dist: false })
  const { bin, runQuietly } = await import('./run-quietly.mjs')
  const { step } = await import('./steps.mjs')
  const checks = {
    'Lint and format': [bin('@biomejs/biome/bin/biome'), 'ci', '--max-diagnostics=200', '--colors=off'],
    Types: [bin('typescript/bin/tsc'), '--noEmit'],
    'Nothing unused': [bin('knip/bin/knip.js'), '--no-progress'],
    'Printed schema': [bin('tsx/dist/cli.mjs'), 'scripts/print-schema.ts', '--check'],
    'Printed .env.example': [bin('tsx/dist/cli.mjs'), 'scripts/print-env-example.ts', '--check'],
  }
  const failures = []
  for (const [name, args] of Object.entries(checks)) {
    const done = step(name)
    try {
      await runQuietly(process.execPath, args)
      done()
    } catch (error) {
      done.fail()
      failures.push(error)
    }
  }
  for (const { output, message } of failures) console.error(`\n${output?.trimEnd() ?? ''}\n${message}`)
  if (failures.length > 0) process.exitCode = 1
})
