import type { RateLimitTable } from '../../src/rate-limits.js'

/** A few times in a long while; but sends in a short one, which is no whole number of seconds. */
export const SMALL_LIMITS: RateLimitTable = {
  sends: { what: 'messages', max: 2, windowSeconds: 1.5 },
  operations: { what: 'operations', max: 3, windowSeconds: 60 },
  partnerOperations: { what: 'operations', max: 5, windowSeconds: 60 },
  anonymousOperations: { what: 'operations without a token', max: 4, windowSeconds: 60 },
  failedAuthentications: { what: 'failed authentications', max: 1, windowSeconds: 60 },
}
