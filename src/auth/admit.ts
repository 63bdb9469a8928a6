import { UnauthenticatedError } from '../errors.js'
import type { RateLimits } from '../rate-limits.js'
import type { Authenticate } from './authenticate.js'
import type { Viewer } from './viewer.js'

/**
 * Says whose token it is, and counts refusals against the address of the caller. A good token is never refused for
 * the sake of its neighbours behind that address: it isn't looked at.
 *
 * @param token null: none was shown.
 * @throws {UnauthenticatedError}
 * @throws {RateLimitedError} instead of that, when too much was refused to this address.
 */
export type Admit = (token: string | null, address: string) => Promise<Viewer>

export function createAdmission(authenticate: Authenticate, rateLimits: RateLimits): Admit {
  return async (token, address) => {
    try {
      return await authenticate(token)
    } catch (error) {
      if (error instanceof UnauthenticatedError) await rateLimits.count('failedAuthentications', address)
      throw error
    }
  }
}
