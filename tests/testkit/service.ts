import { randomUUID } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import type { Logger } from 'pino'
import { type Service, startService } from '../../src/compose.js'
import { loadConfig } from '../../src/config.js'
import { createLogger } from '../../src/log.js'
import { createTestDatabase, type TestDatabase } from './database.js'
import { Seed } from './seed.js'

export const MIGRATIONS_DIRECTORY = fileURLToPath(new URL('../../prisma/migrations', import.meta.url))

/** A whole service for a test file: its own database, its own port, a fluent way to fill it. */
export interface TestService {
  readonly url: string
  readonly webSocketUrl: string
  readonly database: TestDatabase
  readonly service: Service
  readonly seed: Seed
  close(): Promise<void>
}

type Environment = Readonly<Record<string, string>>

/**
 * @param given what to set besides the database, a free port and a secret; or what makes it, knowing the database.
 * @param log for tests that look at it; otherwise nothing is logged.
 */
export async function startTestService(
  given: Environment | ((database: TestDatabase) => Environment) = {},
  log?: Logger,
): Promise<TestService> {
  const database = await createTestDatabase()
  const env = typeof given === 'function' ? given(database) : given
  const config = loadConfig({
    NODE_ENV: 'test',
    LOG_LEVEL: 'silent',
    PORT: '0',
    DATABASE_URL: database.url,
    DATABASE_POOL_SIZE: '5',
    JWT_SECRET: randomUUID(),
    ...env,
  })
  const service = await startService({
    config,
    log: log ?? createLogger(config),
    beginStep: () => Object.assign(() => {}, { fail() {}, update() {} }),
    migrationsDirectory: MIGRATIONS_DIRECTORY,
  })
  const { host, port } = service.address
  const url = `http://${host}:${port}/graphql`
  return {
    url,
    webSocketUrl: url.replace('http', 'ws'),
    database,
    service,
    seed: new Seed(service, url),
    async close() {
      await service.close()
      await database.drop()
    },
  }
}
