import { UnauthenticatedError } from '../errors.js'
import type { User } from '../generated/prisma/client.js'
import type { TokenClaims } from './token-claims.js'
import type { TokenVerifier } from './token-verifier.js'
import type { Viewer } from './viewer.js'

/**
 * Says whose token it is; null: none was shown. Whatever is wrong, with the token or with whom it stands for, the answer is
 * the same.
 *
 * @throws {UnauthenticatedError}
 * @throws {ServiceUnavailableError} when the keys to check it with can't be had.
 */
export type Authenticate = (token: string | null) => Promise<Viewer>

export interface AuthenticatorOptions {
  readonly verifyToken: TokenVerifier
  /** Reads a user by what a token calls them; null when there is none. */
  readonly findUser: (subject: string) => Promise<User | null>
  /** Hears of each that is refused, and why; nobody else is told. */
  readonly onRefused?: (reason: UnauthenticatedError['reason']) => void
}

export function createAuthenticator({
  verifyToken,
  findUser,
  onRefused = () => {},
}: AuthenticatorOptions): Authenticate {
  const authenticate = async (token: string | null): Promise<Viewer> => {
    if (token === null) throw new UnauthenticatedError('missing')
    const claims = await verifyToken(token)
    const client = clientViewerOf(claims)
    if (client) return client
    const user = claims.subject === null ? null : await findUser(claims.subject)
    if (user?.status !== 'ACTIVE') throw new UnauthenticatedError('viewer')
    return { kind: 'USER', user, scopes: claims.scopes, tokenExpiresAt: claims.expiresAt }
  }
  return async (token) => {
    try {
      return await authenticate(token)
    } catch (error) {
      if (error instanceof UnauthenticatedError) onRefused(error.reason)
      throw error
    }
  }
}

/** The scopes say what a token is for: one with the claims of several kinds is the platform's, then a partner's, then a user's. */
function clientViewerOf({ subject, clientId, scopes, expiresAt: tokenExpiresAt }: TokenClaims): Viewer | null {
  if (scopes.includes('platform')) {
    return { kind: 'PLATFORM', clientId: clientId ?? subject ?? 'platform', scopes, tokenExpiresAt }
  }
  return clientId !== null && scopes.includes('history:read')
    ? { kind: 'PARTNER', clientId, scopes, tokenExpiresAt }
    : null
}

/** The token of an `Authorization` header or of a WebSocket's `connectionParams`; null when there is none. */
export function bearerToken(authorization: unknown): string | null {
  return typeof authorization === 'string' ? (/^Bearer +(\S+) *$/i.exec(authorization)?.[1] ?? null) : null
}
