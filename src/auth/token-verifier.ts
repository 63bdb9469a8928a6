import { errors, type JWTPayload, jwtVerify } from 'jose'
import type { Config } from '../config/config.js'
import { RefusalError, UnauthenticatedError } from '../errors.js'
import { PublishedKeys } from './published-keys.js'
import { readClaims, type TokenClaims } from './token-claims.js'
import { checkForm } from './token-form.js'

const CLOCK_TOLERANCE_S = 5

/**
 * Checks a token: its form, its signature, that its time has come and isn't over, issuer and audience where they are
 * configured, and the types of its claims.
 *
 * @throws {UnauthenticatedError} whatever is wrong with it.
 * @throws {ServiceUnavailableError} when the keys to check it with can't be had.
 */
export type TokenVerifier = (token: string) => Promise<TokenClaims>

/** Where the keys come from; a secret that the service makes for itself has been made by now. */
export type VerifierKeys = { readonly secret: string } | { readonly jwksUrl: URL }

export interface VerifierOptions extends Pick<Config['tokens'], 'issuer' | 'audience'> {
  readonly keys: VerifierKeys
  /** Hears when published keys could not be had. */
  readonly onKeysMissing?: (error: unknown) => void
}

export function createTokenVerifier({
  keys,
  issuer,
  audience,
  onKeysMissing = () => {},
}: VerifierOptions): TokenVerifier {
  const options = {
    clockTolerance: CLOCK_TOLERANCE_S,
    requiredClaims: ['exp'],
    ...(issuer !== null && { issuer }),
    ...(audience !== null && { audience }),
  }
  const verify =
    'secret' in keys
      ? verifyBySecret(keys.secret, options)
      : verifyByPublishedKeys(new PublishedKeys({ url: keys.jwksUrl, onFailure: onKeysMissing }), options)
  return async (token) => {
    try {
      checkForm(token)
      return readClaims(await verify(token), Date.now() / 1000 + CLOCK_TOLERANCE_S)
    } catch (error) {
      throw error instanceof RefusalError ? error : new UnauthenticatedError(reasonOf(error))
    }
  }
}

type VerifyOptions = NonNullable<Parameters<typeof jwtVerify>[2]>
type Verify = (token: string) => Promise<JWTPayload>

// Which algorithms are good is ours to say, never the token's. Keys and addresses of keys in its header are not looked at.

function verifyBySecret(secret: string, options: VerifyOptions): Verify {
  const key = new TextEncoder().encode(secret)
  return async (token) => (await jwtVerify(token, key, { ...options, algorithms: ['HS256'] })).payload
}

function verifyByPublishedKeys(keys: PublishedKeys, options: VerifyOptions): Verify {
  const algorithms = ['RS256', 'ES256', 'EdDSA']
  return async (token) => (await jwtVerify(token, keys.find, { ...options, algorithms })).payload
}

function reasonOf(error: unknown): UnauthenticatedError['reason'] {
  if (error instanceof errors.JWTExpired) return 'expired'
  return error instanceof errors.JWTClaimValidationFailed ? 'claims' : 'signature'
}
