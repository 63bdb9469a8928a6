// From a fresh clone to something that runs: each step only when it is needed.

import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { generate } from './generate.mjs'
import { install } from './install.mjs'
import { bin, root, runQuietly } from './run-quietly.mjs'
import { hashFiles, isCurrent, writeStamp } from './stamp.mjs'
import { step } from './steps.mjs'

/** Installs, generates and builds what is missing or stale. */
export async function prepare({ documents = false, dist = true } = {}) {
  await install()
  await generate(documents ? ['client', 'documents', 'mirror'] : ['client'])
  if (dist) await build()
}

/** Compiles src/ to dist/, anew whenever a source changed: that takes about a second, and nothing old lingers. */
async function build() {
  const hash = hashFiles(['src', 'src/generated/.inputs', 'tsconfig.json', 'tsconfig.build.json', 'package-lock.json'])
  if (isCurrent('dist/.inputs', hash)) return
  const done = step('Building')
  try {
    rmSync(join(root, 'dist'), { recursive: true, force: true })
    await runQuietly(process.execPath, [bin('typescript/bin/tsc'), '-p', 'tsconfig.build.json'])
  } catch (error) {
    done.fail()
    throw error
  }
  writeStamp('dist/.inputs', hash)
  done()
}
