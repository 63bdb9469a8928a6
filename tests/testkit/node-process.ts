import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import { temporaryDirectory } from './directory.js'
import { ServiceProcess } from './service-process.js'

/** The folder of the project. */
export const PROJECT = fileURLToPath(new URL('../..', import.meta.url))
/** Starts a node, built as the sources are: a run of tests begins with that. From the sources it would take twice as long. */
export const BUILT = [process.execPath, 'dist/main.js'] as const

/** The same database and secret make processes nodes of one service. */
export interface NodeOptions {
  readonly databaseUrl: string
  readonly secret: string
  /** What is set besides. */
  readonly env?: Readonly<Record<string, string>>
}

/** Starts a node of a service in a process of its own, which ends with the test; the answer is the address of its API. */
export async function startNode({ databaseUrl, secret, env = {} }: NodeOptions): Promise<string> {
  const node = new ServiceProcess({
    project: PROJECT,
    dataDirectory: temporaryDirectory(),
    env: { DATABASE_URL: databaseUrl, JWT_SECRET: secret, ...env },
    command: BUILT,
  })
  onTestFinished(() => node.end())
  return node.url()
}
