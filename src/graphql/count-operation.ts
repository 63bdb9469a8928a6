import type { Viewer } from '../auth/viewer.js'
import type { RateLimits } from '../rate-limits.js'

/**
 * Counts an operation for whoever asks for it. The platform's own backend may ask as often as it likes; nobody was counted
 * by their address when they came.
 *
 * @throws {RateLimitedError} when it is one too many.
 */
export async function countOperation(rateLimits: RateLimits, viewer: Viewer | null, isSend: boolean): Promise<void> {
  if (viewer?.kind === 'USER') await rateLimits.count(isSend ? 'sends' : 'operations', viewer.user.key)
  if (viewer?.kind === 'PARTNER') await rateLimits.count('partnerOperations', viewer.clientId)
}
