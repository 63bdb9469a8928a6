import { UnauthenticatedError } from '../errors.js'
import { isClientId, isPrintable } from './viewer.js'

const MAX_SUBJECT_LENGTH = 255
/** The last second of the year 9999: the API can't tell of a later one. */
const LAST_EXPIRY_S = 253_402_300_799

/** Whom a good token stands for. */
export interface TokenClaims {
  /** `sub`; null when the token has none. */
  readonly subject: string | null
  /** `client_id`; null when the token has none. */
  readonly clientId: string | null
  readonly scopes: readonly string[]
  readonly expiresAt: Date
}

/**
 * Reads the claims that count here, of a token whose signature, issuer, audience and time have been checked. A claim of
 * another type than RFC 7519 and RFC 9068 give it isn't passed over: the token is refused.
 *
 * @param latestIssueS a token that was issued after this, in seconds since 1970, is from the future.
 * @throws {UnauthenticatedError}
 */
export function readClaims(payload: Readonly<Record<string, unknown>>, latestIssueS: number): TokenClaims {
  const { sub, client_id: clientId, scope = '', exp, iat = 0 } = payload
  const isGood =
    isTime(exp, LAST_EXPIRY_S) &&
    isTime(iat, latestIssueS) &&
    isTextOrLeftOut(sub, isSubject) &&
    isTextOrLeftOut(clientId, isClientId) &&
    (sub !== undefined || clientId !== undefined) &&
    typeof scope === 'string'
  if (!isGood) throw new UnauthenticatedError('claims')
  return {
    subject: sub ?? null,
    clientId: clientId ?? null,
    scopes: scope.split(' ').filter((part) => part !== ''),
    expiresAt: new Date(exp * 1000),
  }
}

function isTime(value: unknown, latestS: number): value is number {
  return typeof value === 'number' && value >= 0 && value <= latestS
}

function isTextOrLeftOut(value: unknown, isGood: (text: string) => boolean): value is string | undefined {
  return value === undefined || (typeof value === 'string' && isGood(value))
}

function isSubject(text: string): boolean {
  return isPrintable(text) && [...text].length <= MAX_SUBJECT_LENGTH
}
