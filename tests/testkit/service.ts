import { randomUUID } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import type { Logger } from 'pino'
import { inject } from 'vitest'
import { type Service, startService } from '../../src/compose.js'
import { loadConfig } from '../../src/config/config.js'
import { createLogger } from '../../src/log.js'
import { createTestDatabase, type TestDatabase } from './database.js'
import { Seed } from './seed.js'
import { UNHINDERED } from './unhindered.js'

export const MIGRATIONS_DIRECTORY = fileURLToPath(new URL('../../prisma/migrations', import.meta.url))

/** A service that runs, and a fluent way to fill its database. */
export interface TestNode {
  readonly url: string
  readonly webSocketUrl: string
  readonly service: Service
  readonly seed: Seed
  close(): Promise<void>
}

/** A whole service for a test file: its own database, its own port. */
export interface TestService extends TestNode {
  readonly database: TestDatabase
  /**
   * One more process' worth of service on the same database, with the same keys: the tokens of one are good on the other.
   * The database connects the two, and Redis where the tests run over it. Whoever starts it closes it, before the first.
   */
  startAnotherNode(log?: Logger): Promise<TestNode>
}

type Environment = Readonly<Record<string, string>>

/** Many services share a Postgres and two cores: to open a connection, or wait for one, takes longer than it ever should. */
const PATIENT_POOL = { DATABASE_POOL_SIZE: '5', DATABASE_POOL_TIMEOUT_MS: '10000' }

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
  const ofAllNodes = { DATABASE_URL: database.url, JWT_SECRET: randomUUID(), ...redisOfTests(), ...env }
  const node = await startNode(ofAllNodes, log)
  return {
    ...node,
    database,
    startAnotherNode: (itsLog) => startNode(ofAllNodes, itsLog),
    async close() {
      await node.close()
      await database.drop()
    },
  }
}

function redisOfTests(): Environment {
  return inject('isOverRedis') ? { REDIS_URL: inject('redisUrl'), REDIS_KEY_PREFIX: `${randomUUID()}:` } : {}
}

async function startNode(env: Environment, log?: Logger): Promise<TestNode> {
  const usual = { NODE_ENV: 'test', LOG_LEVEL: 'silent', PORT: '0', ...PATIENT_POOL, ...UNHINDERED }
  const config = loadConfig({ ...usual, ...env })
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
    service,
    seed: new Seed(service, url),
    close: () => service.close(),
  }
}
