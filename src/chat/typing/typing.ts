import type { User } from '../../generated/prisma/client.js'

/** For so long somebody is taken to be typing who doesn't say so again. */
export const TYPING_FOR_MS = 6_000
/** Who says again within this time that they are typing says nothing new. */
export const REPEAT_WITHIN_MS = 2_000

/** Somebody who is typing, and until when unless they say so again. */
export interface Typist {
  readonly user: User
  readonly expiresAt: Date
}

/** What a subscriber is told of a person. */
export interface TypingEvent {
  readonly user: User
  readonly isTyping: boolean
  /** Null when the person just stopped. */
  readonly expiresAt: Date | null
}
