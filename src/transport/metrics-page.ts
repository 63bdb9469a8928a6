import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { bearerToken } from '../auth/authenticate.js'

/** What operators see. */
export interface MetricsPage {
  /** What a reader must send; null: nothing. */
  readonly token: string | null
  /** Whether it may be read where no token is set. */
  readonly isOpen: boolean
  render(): Promise<{ readonly contentType: string; readonly text: string }>
}

/** To whoever may not, there is no such page. */
export function mayReadMetrics({ headers }: IncomingMessage, { token, isOpen }: MetricsPage): boolean {
  if (token === null) return isOpen
  const given = bearerToken(headers.authorization)
  // Digests are of one length, which the comparison needs.
  return given !== null && timingSafeEqual(digest(given), digest(token))
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
