import type { Limits } from './config/limits.js'

/** How often something may be done by one caller: so many times in a window, which begins with the first of them. */
export interface RateLimit {
  /** What it is, in the plural, as in "Too many messages". */
  readonly what: string
  readonly max: number
  /** At least 1. */
  readonly windowSeconds: number
}

/** What is counted. The platform's own backend is not: it may ask as often as it likes. */
export const RATE_LIMIT_NAMES = [
  'sends',
  'operations',
  'partnerOperations',
  'anonymousOperations',
  'failedAuthentications',
] as const

export type RateLimitName = (typeof RATE_LIMIT_NAMES)[number]

export type RateLimitTable = Readonly<Record<RateLimitName, RateLimit>>

const MINUTE_S = 60

export function rateLimitsOf(limits: Limits): RateLimitTable {
  return {
    sends: {
      what: 'messages',
      max: limits.sendBurst,
      windowSeconds: Math.max(1, limits.sendBurst / limits.sendsPerSecond),
    },
    operations: { what: 'operations', max: limits.operationsPerMinute, windowSeconds: MINUTE_S },
    partnerOperations: { what: 'operations', max: limits.partnerOperationsPerMinute, windowSeconds: MINUTE_S },
    anonymousOperations: {
      what: 'operations without a token',
      max: limits.anonymousOperationsPerMinute,
      windowSeconds: MINUTE_S,
    },
    failedAuthentications: {
      what: 'failed authentications',
      max: limits.failedAuthenticationsPerMinute,
      windowSeconds: MINUTE_S,
    },
  }
}

/**
 * Counts what callers do, on all nodes together; where the others can't be reached, each node by itself. It is never
 * without a limit, and waits for nothing that doesn't answer.
 */
export interface RateLimits {
  /**
   * Counts one use.
   *
   * @param key whose it is.
   * @throws {RateLimitedError} when it is one too many.
   */
  count(name: RateLimitName, key: string): Promise<void>
}
