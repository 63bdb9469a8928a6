import { UnauthenticatedError } from '../errors.js'
import type { User } from '../generated/prisma/client.js'
import type { TokenVerifier } from './token-verifier.js'
import type { Viewer } from './viewer.js'

/**
 * Says whose token it is. Whatever is wrong, with the token or with whom it stands for, the answer is the same.
 *
 * @throws {UnauthenticatedError}
 */
export type Authenticate = (token: string) => Promise<Viewer>

/** @param findUser reads a user by key; null when there is none. */
export function createAuthenticator(
  verifyToken: TokenVerifier,
  findUser: (userKey: string) => Promise<User | null>,
): Authenticate {
  return async (token) => {
    const { subject, clientId, scopes, expiresAt: tokenExpiresAt } = await verifyToken(token)
    // No client is called so, and the database can't be asked for it.
    if (clientId?.includes('\0')) throw new UnauthenticatedError()
    if (scopes.includes('platform')) {
      return { kind: 'PLATFORM', clientId: clientId ?? subject ?? 'platform', scopes, tokenExpiresAt }
    }
    if (clientId !== null && scopes.includes('history:read'))
      return { kind: 'PARTNER', clientId, scopes, tokenExpiresAt }
    const user = subject === null || subject.includes('\0') ? null : await findUser(subject)
    if (user?.status !== 'ACTIVE') throw new UnauthenticatedError()
    return { kind: 'USER', user, scopes, tokenExpiresAt }
  }
}

/** The token of an `Authorization` header or of a WebSocket's `connectionParams`; null when there is none. */
export function bearerToken(authorization: unknown): string | null {
  return typeof authorization === 'string' ? (/^Bearer +(\S+) *$/i.exec(authorization)?.[1] ?? null) : null
}
