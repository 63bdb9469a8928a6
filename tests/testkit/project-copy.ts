import { execFileSync } from 'node:child_process'
import { cpSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, onTestFinished } from 'vitest'
import { createTemporaryDirectory, temporaryDirectory } from './directory.js'
import { linkPackages } from './packages.js'
import { ServiceProcess, type ServiceProcessOptions } from './service-process.js'

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

/** The project as it is now, at a place of its own: what a start builds there disturbs nobody. */
export interface ProjectCopy {
  /** A data directory in which there is everything that a first start makes. Copying it is faster than making it. */
  usedDirectory(): string
  /** Starts the service by its script, without npm; on a used data directory when none is given. It ends with the test. */
  start(options?: Partial<ServiceProcessOptions>): ServiceProcess
}

/** Makes a copy for the tests of a file. */
export function prepareProjectCopy(): ProjectCopy {
  let project: string
  let used: string
  const startScript = [process.execPath, 'scripts/start.mjs'] as const
  beforeAll(async () => {
    project = copyProject()
    used = createTemporaryDirectory()
    const service = new ServiceProcess({ project, dataDirectory: used, command: startScript })
    await service.url()
    await service.end()
  }, 120_000)
  const usedDirectory = () => {
    const directory = temporaryDirectory()
    execFileSync('cp', ['-a', `${used}/.`, directory])
    return directory
  }
  return {
    usedDirectory,
    start({ dataDirectory = usedDirectory(), ...options } = {}) {
      const service = new ServiceProcess({ project, dataDirectory, command: startScript, ...options })
      onTestFinished(() => service.end())
      return service
    },
  }
}

function copyProject(): string {
  const directory = createTemporaryDirectory()
  for (const part of PARTS) {
    if (existsSync(join(ROOT, part))) cpSync(join(ROOT, part), join(directory, part), { recursive: true })
  }
  linkPackages(directory)
  return directory
}
