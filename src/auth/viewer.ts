import type { User } from '../generated/prisma/client.js'

interface Token {
  /** The token's scopes, as it named them. */
  readonly scopes: readonly string[]
  readonly tokenExpiresAt: Date
}

/** A person of a deal. The row is as it was when the request or the socket was authenticated. */
export interface UserViewer extends Token {
  readonly kind: 'USER'
  readonly user: User
}

export const MAX_CLIENT_ID_LENGTH = 128

/** Whether it can be a `client_id`, in a token as in what the platform says of a deal: else its partner could never come. */
export function isClientId(text: string): boolean {
  return isPrintable(text) && /\S/.test(text) && [...text].length <= MAX_CLIENT_ID_LENGTH
}

export function isPrintable(text: string): boolean {
  return text.isWellFormed() && /^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+$/u.test(text)
}

/** A partner system that reads the history of its own deals. */
export interface PartnerViewer extends Token {
  readonly kind: 'PARTNER'
  readonly clientId: string
}

/** The escrow platform's own backend. */
export interface PlatformViewer extends Token {
  readonly kind: 'PLATFORM'
  readonly clientId: string
}

/** Who is asking. */
export type Viewer = UserViewer | PartnerViewer | PlatformViewer
