/** Everybody who could ask, as seen from one deal. */
export const VIEWER_KINDS = [
  'BUYER',
  'SELLER',
  'AGENT',
  'ARBITER',
  /** Takes part in another deal. */
  'OUTSIDER',
  /** Took part in this one, said something, and left; takes part in another. */
  'FORMER',
  /** Takes part, and was suspended. */
  'SUSPENDED',
  /** The deal is registered under its client. */
  'PARTNER',
  /** Another deal is registered under its client. */
  'OTHER_PARTNER',
  'PLATFORM',
  /** Has no token. */
  'NOBODY',
] as const

export type ViewerKind = (typeof VIEWER_KINDS)[number]

/** Which of them stands for each value of an enum that says who somebody is. */
export const STANDING_FOR: Readonly<Record<string, Readonly<Record<string, ViewerKind>>>> = {
  ParticipantRole: { BUYER: 'BUYER', SELLER: 'SELLER', AGENT: 'AGENT', ARBITER: 'ARBITER' },
  UserStatus: { ACTIVE: 'BUYER', SUSPENDED: 'SUSPENDED' },
  ViewerKind: { USER: 'BUYER', PARTNER: 'PARTNER', PLATFORM: 'PLATFORM' },
}

/** Those who take part and may sign in, by their roles. */
export const PARTICIPANTS = ['BUYER', 'SELLER', 'AGENT', 'ARBITER'] as const satisfies ViewerKind[]

/** The people among them, each known to the platform by this key. */
export const PEOPLE = {
  BUYER: 'buyer',
  SELLER: 'seller',
  AGENT: 'agent',
  ARBITER: 'arbiter',
  OUTSIDER: 'outsider',
  FORMER: 'former',
  SUSPENDED: 'suspended',
} as const satisfies Partial<Record<ViewerKind, string>>

export type PersonKind = keyof typeof PEOPLE

export function isPerson(kind: ViewerKind): kind is PersonKind {
  return kind in PEOPLE
}

/** Whom no door lets in. */
const TURNED_AWAY: readonly ViewerKind[] = ['SUSPENDED', 'NOBODY']

export function isLetIn(kind: ViewerKind): boolean {
  return !TURNED_AWAY.includes(kind)
}
