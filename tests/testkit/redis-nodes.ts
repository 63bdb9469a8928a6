import { randomBytes } from 'node:crypto'
import { type Logger, pino } from 'pino'
import { parseRedisAddress } from '../../src/config/redis-address.js'
import { createMetrics, type Metrics } from '../../src/metrics.js'
import { connectToRedis } from '../../src/platform/redis.js'
import { RedisEventBus } from '../../src/platform/redis-event-bus.js'
import { RedisLeases } from '../../src/platform/redis-leases.js'
import { RedisRateLimits } from '../../src/platform/redis-rate-limits.js'
import { SMALL_LIMITS } from './small-limits.js'

/** What a node has of Redis, without the node. */
export interface RedisNode {
  readonly bus: RedisEventBus
  readonly leases: RedisLeases
  /** With the table `SMALL_LIMITS`. */
  readonly rateLimits: RedisRateLimits
  readonly metrics: Metrics
  readonly listenerErrors: readonly unknown[]
  close(): Promise<void>
}

export interface RedisNodeOptions {
  readonly url: string
  readonly keyPrefix: string
  readonly connectTimeoutMs?: number
  readonly log?: Logger
  readonly onStep?: (note: string) => void
}

export async function openRedisNode(options: RedisNodeOptions): Promise<RedisNode> {
  const { url, keyPrefix, connectTimeoutMs = 10_000, log = pino({ level: 'silent' }), onStep = () => {} } = options
  const metrics = createMetrics()
  const link = await connectToRedis({
    address: parseRedisAddress(url),
    keyPrefix,
    connectTimeoutMs,
    log,
    metrics,
    onStep,
  })
  const listenerErrors: unknown[] = []
  const bus = new RedisEventBus({ link, log, metrics, onListenerError: (error) => listenerErrors.push(error) })
  metrics.watchBus(bus)
  const rateLimits = new RedisRateLimits({ link, log, metrics, limits: SMALL_LIMITS })
  return { bus, leases: new RedisLeases(link), rateLimits, metrics, listenerErrors, close: () => link.close() }
}

/** A key prefix that nobody else has. */
export function ownPrefix(): string {
  return `test-${randomBytes(6).toString('hex')}:`
}
