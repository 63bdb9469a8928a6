import { join } from 'node:path'
import type { Logger } from 'pino'
import type { VerifierKeys } from '../auth/token-verifier.js'
import type { Config, RedisConfig } from '../config/config.js'
import { describeRedisAddress } from '../config/redis-address.js'
import type { EventBus } from '../events/event-bus.js'
import type { Leases } from '../events/leases.js'
import type { Metrics } from '../metrics.js'
import { type RateLimits, rateLimitsOf } from '../rate-limits.js'
import { type Closable, closeAll } from './close-all.js'
import { type Database, openDatabase } from './database.js'
import { startEmbeddedPostgres } from './embedded-postgres.js'
import { MemoryEventBus } from './memory-event-bus.js'
import { MemoryLeases } from './memory-leases.js'
import { MemoryRateLimits } from './memory-rate-limits.js'
import { applyMigrations } from './migrations.js'
import { connectToRedis } from './redis.js'
import { RedisEventBus } from './redis-event-bus.js'
import { RedisLeases } from './redis-leases.js'
import { RedisRateLimits } from './redis-rate-limits.js'
import { readOrCreateSecret } from './secret-file.js'
import { asStep, type BeginStep } from './start-step.js'

/** What the floors above stand on. Nothing in it says which composition it is. */
export interface Platform {
  readonly database: Database
  readonly bus: EventBus
  readonly leases: Leases
  readonly rateLimits: RateLimits
  readonly tokenKeys: VerifierKeys
}

export interface PlatformOptions {
  readonly config: Config
  readonly log: Logger
  readonly metrics: Metrics
  readonly beginStep: BeginStep
  /** Where the migrations are. */
  readonly migrationsDirectory: string
  /** Ends a start that waits for something; left out: nothing does. */
  readonly stopping?: AbortSignal
}

/**
 * Opens the platform that the configuration asks for, the database migrated. This is the one place that decides: what is
 * configured comes from outside, what isn't runs in here.
 *
 * @throws {StartupError} when it can't be; then nothing is left running.
 */
export async function openPlatform(options: PlatformOptions): Promise<Platform & Closable> {
  const { config, log, beginStep, migrationsDirectory } = options
  const opened: Closable[] = []
  try {
    const databaseUrl = config.databaseUrl ?? (await openEmbeddedPostgres(options, opened))
    await asStep(
      beginStep('Migrating the database'),
      () => applyMigrations(databaseUrl, migrationsDirectory),
      (applied) => (applied.length === 0 ? 'nothing to do' : `${applied.length} applied`),
    )
    const database = openDatabase({
      url: databaseUrl,
      poolSize: config.databasePoolSize,
      limits: config.limits,
      onConnectionLost: (error) => log.warn({ err: error }, 'A connection to Postgres was lost'),
    })
    opened.push({ name: 'The database pool', close: () => database.close() })
    const shared = config.redis ? await openRedis(config.redis, options, opened) : inMemory(options)
    return {
      database,
      ...shared,
      tokenKeys: await tokenKeysOf(config),
      name: 'The platform',
      close: () => closeAll(opened),
    }
  } catch (error) {
    await closeAll(opened)
    throw error
  }
}

async function openEmbeddedPostgres({ config, log, beginStep }: PlatformOptions, opened: Closable[]): Promise<string> {
  const step = beginStep('Starting Postgres')
  const postgres = await asStep(
    step,
    () => startEmbeddedPostgres({ directory: config.dataDirectory, log, onStep: (note) => step.update(note) }),
    () => config.dataDirectory,
  )
  opened.push({ name: 'The embedded Postgres', close: () => postgres.close() })
  return postgres.url
}

const onListenerError = (log: Logger) => (error: unknown) =>
  log.error({ err: error }, 'A listener of the event bus failed')

/** What nodes have in common, or a node by itself. */
type Shared = Pick<Platform, 'bus' | 'leases' | 'rateLimits'>

function inMemory({ config, log, metrics }: PlatformOptions): Shared {
  return {
    bus: new MemoryEventBus(onListenerError(log)),
    leases: new MemoryLeases(),
    rateLimits: new MemoryRateLimits({ limits: rateLimitsOf(config.limits), metrics }),
  }
}

async function openRedis(
  redis: RedisConfig,
  { config, log, metrics, beginStep, stopping }: PlatformOptions,
  opened: Closable[],
): Promise<Shared> {
  const step = beginStep('Connecting to Redis')
  const link = await asStep(
    step,
    () => connectToRedis({ ...redis, log, metrics, onStep: (note) => step.update(note), stopping }),
    () => describeRedisAddress(redis.address),
  )
  opened.push({ name: 'The connections to Redis', close: () => link.close() })
  return {
    bus: new RedisEventBus({ link, log, metrics, onListenerError: onListenerError(log) }),
    leases: new RedisLeases(link),
    rateLimits: new RedisRateLimits({ link, log, metrics, limits: rateLimitsOf(config.limits) }),
  }
}

async function tokenKeysOf({ tokens: { keys }, dataDirectory }: Config): Promise<VerifierKeys> {
  switch (keys.kind) {
    case 'secret':
      return { secret: keys.secret }
    case 'jwks':
      return { jwksUrl: keys.url }
    case 'generated':
      return { secret: await readOrCreateSecret(join(dataDirectory, 'jwt-secret')) }
  }
}
