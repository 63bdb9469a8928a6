import { startService } from '../../src/compose.js'
import { loadConfig } from '../../src/config/config.js'
import type { ParticipantRole } from '../../src/generated/prisma/client.js'
import { createLogger } from '../../src/log.js'
import { type Deal, type Person, Seed } from '../testkit/seed.js'
import { MIGRATIONS_DIRECTORY } from '../testkit/service.js'

const DEAL_KEYS = ['north', 'south'] as const
export type DealKey = (typeof DEAL_KEYS)[number]

/** They only come for a moment each, and say nothing. */
export const VISITORS = ['vera', 'vito', 'vic', 'val', 'van', 'veit', 'vio', 'vina'] as const
const PERSON_KEYS = ['bea', 'sam', 'cleo', 'ari', 'ana', ...VISITORS] as const
export type PersonKey = (typeof PERSON_KEYS)[number]

/** Who sits in which deal. */
const SEATS: Record<DealKey, Partial<Record<Lowercase<ParticipantRole>, readonly PersonKey[]>>> = {
  north: { buyer: ['bea'], seller: ['sam'], agent: ['ana', ...VISITORS] },
  south: { buyer: ['cleo'], seller: ['ari'], agent: ['ana'] },
}

export function countSeats(deal: DealKey): number {
  return Object.values(SEATS[deal]).flat().length
}

/** The four who send: two in each deal; half of them wait for each answer before they say the next. */
export const SENDERS = [
  { person: 'bea', deal: 'north', way: 'HTTP', atOnce: 1 },
  { person: 'sam', deal: 'north', way: 'WebSocket', atOnce: 4 },
  { person: 'cleo', deal: 'south', way: 'WebSocket', atOnce: 1 },
  { person: 'ari', deal: 'south', way: 'HTTP', atOnce: 4 },
] as const

/** The six who listen: three in each deal, on both nodes. */
export const SUBSCRIBERS = [
  { person: 'bea', deal: 'north', follows: 'messageAdded' },
  { person: 'sam', deal: 'north', follows: 'timelineAdvanced' },
  { person: 'ana', deal: 'north', follows: 'messageAdded' },
  { person: 'cleo', deal: 'south', follows: 'timelineAdvanced' },
  { person: 'ari', deal: 'south', follows: 'messageAdded' },
  { person: 'ana', deal: 'south', follows: 'timelineAdvanced' },
] as const

/** Everybody's token, and the ids of the deals. */
export interface Cast {
  readonly tokens: Readonly<Record<PersonKey, string>>
  readonly dealIds: Readonly<Record<DealKey, string>>
}

/** Migrates an empty database and puts people and deals into it, by the services, as the platform's backend does. */
export async function seatCast(databaseUrl: string, secret: string): Promise<Cast> {
  const config = loadConfig({
    NODE_ENV: 'test',
    LOG_LEVEL: 'silent',
    PORT: '0',
    DATABASE_URL: databaseUrl,
    JWT_SECRET: secret,
  })
  const service = await startService({
    config,
    log: createLogger(config),
    beginStep: () => Object.assign(() => {}, { fail() {}, update() {} }),
    migrationsDirectory: MIGRATIONS_DIRECTORY,
  })
  try {
    const seed = new Seed(service, '')
    const people = await each(PERSON_KEYS, (key) => seed.person(key))
    const deals = await each(DEAL_KEYS, (key) => seat(seed, key, people))
    return {
      tokens: await each(PERSON_KEYS, async (key) => people[key].token),
      dealIds: await each(DEAL_KEYS, async (key) => deals[key].id),
    }
  } finally {
    await service.close()
  }
}

function seat(seed: Seed, key: DealKey, people: Readonly<Record<PersonKey, Person>>): Promise<Deal> {
  const seats = Object.entries(SEATS[key]).map(([role, keys]) => [role, keys.map((person) => people[person])])
  return seed.deal(key, Object.fromEntries(seats))
}

async function each<Key extends string, Value>(
  keys: readonly Key[],
  make: (key: Key) => Promise<Value>,
): Promise<Record<Key, Value>> {
  const made = await Promise.all(keys.map(async (key) => [key, await make(key)] as const))
  return Object.fromEntries(made) as Record<Key, Value>
}
