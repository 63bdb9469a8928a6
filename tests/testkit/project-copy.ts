import { cpSync, existsSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createTemporaryDirectory } from './directory.js'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const PARTS = [
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'tsconfig.build.json',
  'prisma.config.ts',
  'prisma',
  'scripts',
  'src',
  'dist',
]

/** The project as it is now, at a place of its own: what a start builds there disturbs nobody. It goes with the test run. */
export function copyProject(): string {
  const directory = createTemporaryDirectory()
  for (const part of PARTS) {
    if (existsSync(join(ROOT, part))) cpSync(join(ROOT, part), join(directory, part), { recursive: true })
  }
  symlinkSync(join(ROOT, 'node_modules'), join(directory, 'node_modules'))
  return directory
}
