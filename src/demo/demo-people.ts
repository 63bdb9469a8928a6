import type { PlatformViewer } from '../auth/viewer.js'

/** Who registers the demo's people and deals. */
export const DEMO_PLATFORM: PlatformViewer = {
  kind: 'PLATFORM',
  clientId: 'demo',
  scopes: ['platform'],
  tokenExpiresAt: new Date(8_640_000_000_000_000),
}

/** The people of the demo: the keys are those of their tokens. */
export const DEMO_PEOPLE = [
  { key: 'bea', displayName: 'Bea Berger', part: 'buyer' },
  { key: 'sam', displayName: 'Sam Sato', part: 'seller' },
  { key: 'ana', displayName: 'Ana Alves', part: 'agent' },
  { key: 'ari', displayName: 'Ari Adeyemi', part: 'arbiter' },
] as const

/** A marketplace on which some of the demo's deals were made; its systems read their history. */
export const DEMO_PARTNER = { clientId: 'brightside', displayName: 'Brightside Market' } as const

export type DemoPerson = (typeof DEMO_PEOPLE)[number]
