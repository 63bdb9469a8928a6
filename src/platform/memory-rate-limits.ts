import { RateLimiterMemory } from 'rate-limiter-flexible'
import type { RateLimitName, RateLimits } from '../rate-limits.js'
import { type CountedLimit, countedLimits, type RateLimitsParts } from './counted-limit.js'

/** The rate limits of a node by itself. What is counted is forgotten with its window. */
export class MemoryRateLimits implements RateLimits {
  readonly #counted: Readonly<Record<RateLimitName, CountedLimit>>

  constructor(parts: RateLimitsParts) {
    this.#counted = countedLimits(
      parts,
      (_, { max, windowSeconds }) => new RateLimiterMemory({ points: max, duration: windowSeconds }),
    )
  }

  /** Counts what Redis has counted, so that this node goes on from there when Redis is away. */
  note(name: RateLimitName, key: string): Promise<void> {
    return this.#counted[name].note(key)
  }

  count(name: RateLimitName, key: string): Promise<void> {
    return this.#counted[name].use(key)
  }
}
