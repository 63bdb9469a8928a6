import { SignJWT } from 'jose'
import type { Config } from '../config/config.js'

/** Whom a token shall stand for, and for how long. */
export interface TokenRequest {
  readonly subject?: string
  readonly clientId?: string
  readonly scopes?: readonly string[]
  readonly lifetimeSeconds: number
}

export type TokenIssuer = (request: TokenRequest) => Promise<string>

/**
 * Signs tokens as the platform's own sign-in does, with HS256: for the demo people and for tests. In production tokens
 * come from the platform.
 */
export function createTokenIssuer(
  secret: string,
  { issuer, audience }: Pick<Config['tokens'], 'issuer' | 'audience'>,
): TokenIssuer {
  const key = new TextEncoder().encode(secret)
  return ({ subject, clientId, scopes, lifetimeSeconds }) => {
    const token = new SignJWT({
      ...(clientId !== undefined && { client_id: clientId }),
      ...(scopes !== undefined && { scope: scopes.join(' ') }),
    })
      .setProtectedHeader({ alg: 'HS256' })
      .setIssuedAt()
      .setExpirationTime(new Date(Date.now() + lifetimeSeconds * 1000))
    if (subject !== undefined) token.setSubject(subject)
    if (issuer !== null) token.setIssuer(issuer)
    if (audience !== null) token.setAudience(audience)
    return token.sign(key)
  }
}
