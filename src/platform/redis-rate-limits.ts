import type { Logger } from 'pino'
import { RateLimiterRedis } from 'rate-limiter-flexible'
import { RateLimitedError } from '../errors.js'
import type { RateLimitName, RateLimits } from '../rate-limits.js'
import { within } from '../within.js'
import { type CountedLimit, countedLimits, type RateLimitsParts } from './counted-limit.js'
import { MemoryRateLimits } from './memory-rate-limits.js'
import { explainRedisError } from './redis-errors.js'
import type { RedisLink } from './redis-link.js'

const ANSWER_WITHIN_MS = 500
/** Who has failed isn't asked for so long, unless it is connected anew: longer than it takes to find out that it hangs. */
const DISTRUST_MS = 5_000

/**
 * Counts one use, and says how many there were in this window and how long that still is. Windows are in milliseconds; the
 * library's own script knows whole seconds alone.
 */
const COUNT = `
local count = redis.call('INCRBY', KEYS[1], ARGV[1])
local remaining = redis.call('PTTL', KEYS[1])
if remaining < 0 then
  remaining = math.ceil(ARGV[4] * 1000)
  redis.call('PEXPIRE', KEYS[1], remaining)
end
return { count, remaining }
`

export interface RedisRateLimitsParts extends RateLimitsParts {
  readonly link: RedisLink
  readonly log: Logger
}

/**
 * The rate limits of all nodes: a counter a limit and caller in Redis, which goes with its window. Whoever has used
 * everything up is remembered here, so that Redis isn't asked for those who are refused. While Redis is away or fails, this
 * node counts by itself, and goes on from what it has counted so far.
 */
export class RedisRateLimits implements RateLimits {
  readonly #link: RedisLink
  readonly #log: Logger
  readonly #shared: Readonly<Record<RateLimitName, CountedLimit>>
  readonly #own: MemoryRateLimits
  #isSaidToFail = false
  #distrustedUntil = Number.NEGATIVE_INFINITY

  constructor(parts: RedisRateLimitsParts) {
    const { link, log } = parts
    this.#link = link
    this.#log = log
    this.#own = new MemoryRateLimits(parts)
    this.#shared = countedLimits(
      parts,
      (name, { max, windowSeconds }) =>
        new RateLimiterRedis({
          storeClient: link.commands,
          keyPrefix: `${link.keyPrefix}limit:${name}`,
          points: max,
          duration: windowSeconds,
          inMemoryBlockOnConsumed: max,
          customIncrTtlLuaScript: COUNT,
        }),
    )
    link.onConnected(() => {
      this.#distrustedUntil = Number.NEGATIVE_INFINITY
    })
  }

  async count(name: RateLimitName, key: string): Promise<void> {
    await ((await this.#countInRedis(name, key)) ? this.#own.note(name, key) : this.#own.count(name, key))
  }

  /** @returns whether it was counted. */
  async #countInRedis(name: RateLimitName, key: string): Promise<boolean> {
    if (!this.#link.isConnected || performance.now() < this.#distrustedUntil) return false
    try {
      const counted = this.#shared[name].use(key).then(() => true)
      // A Cluster may ask several servers in turn: the limit of a single command isn't enough.
      const isCounted = (await within(ANSWER_WITHIN_MS, counted)) ?? false
      if (isCounted) this.#isSaidToFail = false
      else this.#distrust()
      return isCounted
    } catch (error) {
      if (error instanceof RateLimitedError) throw error
      this.#distrust(error)
      return false
    }
  }

  #distrust(error?: unknown): void {
    this.#distrustedUntil = performance.now() + DISTRUST_MS
    // Of a server that is gone, or says nothing, the link tells.
    if (this.#isSaidToFail || !(error instanceof Error) || error.name !== 'ReplyError') return
    this.#isSaidToFail = true
    this.#log.warn({ reason: explainRedisError(error) }, 'Redis refuses to count: this node limits rates by itself')
  }
}
