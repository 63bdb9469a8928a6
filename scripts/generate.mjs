// `npm run generate`: Prisma's client, the Pothos types, and the types of the documents that tests and the mirror use.
// With --if-stale only what is older than its sources.

import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bin, root, runQuietly } from './run-quietly.mjs'
import { hashFiles, isCurrent, writeStamp } from './stamp.mjs'
import { step } from './steps.mjs'

const tasks = {
  client: {
    name: 'Generating the database client',
    output: 'src/generated',
    result: 'src/generated/prisma/client.ts',
    inputs: () => hashFiles(['prisma/schema.prisma', 'prisma.config.ts', 'package-lock.json']),
    // Its banners and hints are of no use here, and the engine that it would download neither.
    run: () =>
      runQuietly(process.execPath, [bin('prisma/build/index.js'), 'generate', '--no-hints'], {
        env: { PRISMA_HIDE_UPDATE_MESSAGE: '1', CHECKPOINT_DISABLE: '1' },
      }),
  },
  documents: {
    name: 'Generating the types of GraphQL documents',
    output: 'tests/generated',
    result: 'tests/generated',
    inputs: () =>
      hashFiles(['codegen.ts', 'schema.graphql', 'package-lock.json', 'tests', 'examples'], {
        filter: (file, content) => !/^(tests|examples)/.test(file.slice(root.length)) || content.includes('graphql('),
      }),
    run: () => generateDocuments('codegen.ts'),
  },
  mirror: {
    name: 'Generating the types of the mirror',
    output: 'examples/mirror/generated',
    result: 'examples/mirror/generated/graphql.ts',
    inputs: () =>
      hashFiles(['examples/mirror/codegen.ts', 'examples/mirror/operations.ts', 'schema.graphql', 'package-lock.json']),
    run: () => generateDocuments('examples/mirror/codegen.ts'),
  },
}

function generateDocuments(config) {
  const options = ['--config', config, '--silent', '--errors-only']
  return runQuietly(process.execPath, [bin('@graphql-codegen/cli/cjs/bin.js'), ...options])
}

/** Runs the named tasks; with `ifStale` those whose inputs have changed. */
export async function generate(names, { ifStale = true } = {}) {
  for (const name of names) {
    const { name: title, output, result, inputs, run } = tasks[name]
    const stamp = `${output}/.inputs`
    const hash = inputs()
    if (ifStale && existsSync(join(root, result)) && isCurrent(stamp, hash)) continue
    const done = step(title)
    try {
      await run()
    } catch (error) {
      done.fail()
      throw error
    }
    mkdirSync(join(root, output), { recursive: true })
    writeStamp(stamp, hash)
    done()
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { main } = await import('./main.mjs')
  await main(() => generate(Object.keys(tasks), { ifStale: process.argv.includes('--if-stale') }))
}
