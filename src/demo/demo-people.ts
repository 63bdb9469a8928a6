/** The people of the demo: the keys are those of their tokens. */
export const DEMO_PEOPLE = [
  { key: 'bea', displayName: 'Bea Berger', part: 'buyer' },
  { key: 'sam', displayName: 'Sam Sato', part: 'seller' },
  { key: 'ana', displayName: 'Ana Alves', part: 'agent' },
  { key: 'ari', displayName: 'Ari Adeyemi', part: 'arbiter' },
] as const

export type DemoPerson = (typeof DEMO_PEOPLE)[number]
