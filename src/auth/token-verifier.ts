import { createRemoteJWKSet, errors, type JWTPayload, jwtVerify } from 'jose'
import type { Config } from '../config.js'
import { ServiceUnavailableError, UnauthenticatedError } from '../errors.js'

const MAX_TOKEN_LENGTH = 8_192
const CLOCK_TOLERANCE_S = 5
const MS_BETWEEN_KEY_REQUESTS = 30_000

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
 * Checks a token: its signature, that it has not expired, and issuer and audience where they are configured.
 *
 * @throws {UnauthenticatedError} whatever is wrong with it.
 * @throws {ServiceUnavailableError} when the keys to check it with can't be had.
 */
export type TokenVerifier = (token: string) => Promise<TokenClaims>

/** Where the keys come from; a secret that the service makes for itself has been made by now. */
export type VerifierKeys = { readonly secret: string } | { readonly jwksUrl: URL }

export function createTokenVerifier(
  keys: VerifierKeys,
  expected: Pick<Config['tokens'], 'issuer' | 'audience'>,
): TokenVerifier {
  // Which algorithms are good is ours to say, never the token's.
  const options = {
    clockTolerance: CLOCK_TOLERANCE_S,
    requiredClaims: ['exp'],
    ...(expected.issuer !== null && { issuer: expected.issuer }),
    ...(expected.audience !== null && { audience: expected.audience }),
  }
  const verify = 'secret' in keys ? verifyBySecret(keys.secret, options) : verifyByPublishedKeys(keys.jwksUrl, options)
  return async (token) => {
    if (token.length > MAX_TOKEN_LENGTH) throw new UnauthenticatedError()
    try {
      return readClaims(await verify(token))
    } catch (error) {
      throw error instanceof ServiceUnavailableError ? error : new UnauthenticatedError()
    }
  }
}

type VerifyOptions = NonNullable<Parameters<typeof jwtVerify>[2]>

function verifyBySecret(secret: string, options: VerifyOptions) {
  const key = new TextEncoder().encode(secret)
  return async (token: string) => (await jwtVerify(token, key, { ...options, algorithms: ['HS256'] })).payload
}

function verifyByPublishedKeys(url: URL, options: VerifyOptions) {
  const published = createRemoteJWKSet(url, { cooldownDuration: MS_BETWEEN_KEY_REQUESTS })
  const keys: typeof published = Object.assign(async (...wanted: Parameters<typeof published>) => {
    try {
      return await published(...wanted)
    } catch (cause) {
      const isTokensFault =
        cause instanceof errors.JWKSNoMatchingKey || cause instanceof errors.JWKSMultipleMatchingKeys
      throw isTokensFault ? cause : new ServiceUnavailableError({ cause })
    }
  }, published)
  const algorithms = ['RS256', 'ES256', 'EdDSA']
  return async (token: string) => (await jwtVerify(token, keys, { ...options, algorithms })).payload
}

function readClaims(payload: JWTPayload): TokenClaims {
  const { sub, exp, client_id: clientId, scope } = payload
  if (exp === undefined) throw new TypeError('exp is required')
  return {
    subject: sub ?? null,
    clientId: typeof clientId === 'string' ? clientId : null,
    scopes: typeof scope === 'string' ? scope.split(' ').filter((part) => part !== '') : [],
    expiresAt: new Date(exp * 1000),
  }
}
