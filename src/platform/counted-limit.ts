import { type RateLimiterAbstract, RateLimiterRes } from 'rate-limiter-flexible'
import { RateLimitedError } from '../errors.js'
import type { Metrics } from '../metrics.js'
import type { RateLimit, RateLimitName, RateLimitTable } from '../rate-limits.js'

/** What the adapters of the rate limits are made of. */
export interface RateLimitsParts {
  readonly limits: RateLimitTable
  readonly metrics: Pick<Metrics, 'countRateLimited'>
}

/** A limit, and what counts for it. */
export class CountedLimit {
  readonly #limit: RateLimit
  readonly #limiter: RateLimiterAbstract
  readonly #onRefused: () => void

  constructor(limit: RateLimit, limiter: RateLimiterAbstract, onRefused: () => void) {
    this.#limit = limit
    this.#limiter = limiter
    this.#onRefused = onRefused
  }

  /** Counts one use that was counted elsewhere as well, and refuses nothing. */
  async note(key: string): Promise<void> {
    await this.#limiter.penalty(key)
  }

  /**
   * Counts one use.
   *
   * @throws {RateLimitedError} when it is one too many; anything else when it could not be counted.
   */
  async use(key: string): Promise<void> {
    try {
      await this.#limiter.consume(key)
    } catch (thrown) {
      if (!(thrown instanceof RateLimiterRes)) throw thrown
      this.#onRefused()
      const retryAfterMs = Math.max(1, Math.ceil(thrown.msBeforeNext))
      throw new RateLimitedError(this.#limit.what, this.#limit.max, { retryAfterMs })
    }
  }
}

/** All limits, each with a limiter of its own. */
export function countedLimits(
  { limits, metrics }: RateLimitsParts,
  createLimiter: (name: string, limit: RateLimit) => RateLimiterAbstract,
): Readonly<Record<RateLimitName, CountedLimit>> {
  const counted = (Object.entries(limits) as [RateLimitName, RateLimit][]).map(([name, limit]) => {
    const onRefused = () => metrics.countRateLimited(name)
    return [name, new CountedLimit(limit, createLimiter(name, limit), onRefused)]
  })
  return Object.fromEntries(counted)
}
