import { fileURLToPath } from 'node:url'
import { startService } from './compose.js'
import { loadConfig } from './config/config.js'
import { renderDemoPanel } from './demo/demo-panel.js'
import { createLogger } from './log.js'
import type { BeginStep } from './platform/start-step.js'
import { StartupError } from './startup-error.js'

const CLOSE_WITHIN_MS = 10_000

async function main(): Promise<void> {
  const config = loadConfig(process.env)
  const log = createLogger(config)
  // Node would print it with all that hangs on it, rows of the database among them.
  process.on('uncaughtException', (error) => {
    log.fatal({ err: error }, 'Nobody caught this, so the process ends')
    process.exit(1)
  })
  const showsSteps = !config.isProduction && config.logFormat === 'pretty'
  const beginStep: BeginStep = showsSteps
    ? (await import('../scripts/steps.mjs')).step
    : (name) =>
        Object.assign((detail?: string) => log.info({ detail }, name), {
          fail: () => log.error({}, `${name}: failed`),
          update: (note: string) => log.debug({ note }, name),
        })
  const stopping = new AbortController()
  const starting = startService({
    config,
    log,
    beginStep,
    migrationsDirectory: fileURLToPath(new URL('../prisma/migrations', import.meta.url)),
    stopping: stopping.signal,
  })
  endOnSignal(async () => {
    stopping.abort()
    // One that is still starting is stopped as soon as it has started, so that nothing of it stays behind.
    const service = await starting.catch(() => null)
    await service?.close()
  })
  const service = await starting
  log.info({ ...service.address }, 'Listening')
  try {
    if (config.hasDemo)
      process.stdout.write(await renderDemoPanel({ ...service, hasPlayground: config.allowsIntrospection }))
  } catch (error) {
    await service.close()
    throw error
  }
}

/** Ends the service in an orderly way, and when that takes too long, at once. Further signals don't hurry it: Postgres must stop. */
function endOnSignal(close: () => Promise<void>): void {
  let isEnding = false
  const end = async (signal: NodeJS.Signals) => {
    if (isEnding) return
    isEnding = true
    setTimeout(() => process.exit(1), CLOSE_WITHIN_MS).unref()
    try {
      await close()
      process.exit(0)
    } catch (error) {
      process.stderr.write(`Not everything could be closed after ${signal}: ${(error as Error).message}\n`)
      process.exit(1)
    }
  }
  process.on('SIGINT', end)
  process.on('SIGTERM', end)
  process.on('SIGHUP', end)
}

try {
  await main()
} catch (error) {
  process.stderr.write(`\n${error instanceof StartupError ? error.message : ((error as Error).stack ?? error)}\n`)
  process.exit(1)
}
