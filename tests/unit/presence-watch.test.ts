import pino from 'pino'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { type PersonPresence, PresenceWatch, type Watching } from '../../src/chat/presence/presence-watch.js'
import type { Lease, LeaseKind, Leases } from '../../src/events/leases.js'
import type { Topics } from '../../src/events/topics.js'
import type { User } from '../../src/generated/prisma/client.js'
import { MemoryEventBus } from '../../src/platform/memory-event-bus.js'
import { MemoryLeases } from '../../src/platform/memory-leases.js'

const START = Date.parse('2026-03-01T12:00:00.000Z')

/** Leases whose answers can be held back, and that count how often they are read, and for how many people. */
class ObservedLeases implements Leases {
  readonly readings: number[] = []
  readonly #leases: Leases
  #gate: Promise<void> = Promise.resolve()

  constructor(leases: Leases) {
    this.#leases = leases
  }

  hold(kind: LeaseKind, key: string, member: string, forMs: number) {
    return this.#leases.hold(kind, key, member, forMs)
  }

  holdAtMost(kind: LeaseKind, key: string, member: string, forMs: number, atMost: number) {
    return this.#leases.holdAtMost(kind, key, member, forMs, atMost)
  }

  release(kind: LeaseKind, key: string, member: string) {
    return this.#leases.release(kind, key, member)
  }

  async read(kind: LeaseKind, keys: readonly string[]): Promise<ReadonlyMap<string, readonly Lease[]>> {
    this.readings.push(keys.length)
    const gate = this.#gate
    this.#gate = Promise.resolve()
    const answer = await this.#leases.read(kind, keys)
    await gate
    return answer
  }

  /** Holds back what is read next, until the function that it returns is called. */
  holdBack(): () => void {
    let letGo = () => {}
    this.#gate = new Promise((resolve) => {
      letGo = resolve
    })
    return letGo
  }
}

/** A bus that knows how often it is listened to. */
class ObservedBus extends MemoryEventBus {
  listeners = 0

  override async subscribe<Kind extends keyof Topics>(
    kind: Kind,
    key: string,
    listener: (event: Topics[Kind]) => void,
  ) {
    const unsubscribe = await super.subscribe(kind, key, listener)
    this.listeners += 1
    return () => {
      this.listeners -= 1
      unsubscribe()
    }
  }
}

let now: number
let leases: ObservedLeases
let bus: ObservedBus
let rows: Map<string, User>
let statements: number
let isAway: boolean
let logged: string[]
let watch: PresenceWatch

beforeEach(() => {
  now = START
  leases = new ObservedLeases(new MemoryLeases(() => now))
  bus = new ObservedBus((error) => {
    throw error
  })
  rows = new Map()
  statements = 0
  isAway = false
  logged = []
  watch = new PresenceWatch({
    bus,
    leases,
    presences: {
      async findMany(userKeys) {
        statements += 1
        if (isAway) throw new Error('away')
        return userKeys.flatMap((userKey) => rows.get(userKey) ?? [])
      },
    },
    log: pino({}, { write: (line) => logged.push(JSON.parse(line).msg) }),
  })
})

function person(key: string): User {
  const user: User = { key, displayName: key, avatarUrl: null, status: 'ACTIVE', lastSeenAt: null }
  rows.set(key, user)
  return user
}

async function comeOnline(userKey: string, member = `${now}.phone`): Promise<void> {
  await leases.hold('presence', userKey, member, 25_000)
  bus.publish('presenceChanged', userKey, {})
}

async function goOffline(userKey: string, member: string): Promise<void> {
  const user = rows.get(userKey)
  if (user) rows.set(userKey, { ...user, lastSeenAt: new Date(now) })
  await leases.release('presence', userKey, member)
  bus.publish('presenceChanged', userKey, {})
}

/** Watches, and remembers what was told. */
async function listen(user: User): Promise<Watching & { told: [boolean, number | undefined][] }> {
  const told: [boolean, number | undefined][] = []
  const watching = watch.watch(user, ({ presence }: PersonPresence) => {
    told.push([presence.isOnline, presence.lastSeenAt?.getTime()])
  })
  await watching.ready
  return Object.assign(watching, { told })
}

test('all listeners are told who comes and goes, with since when and until when; it is read once', async () => {
  const bea = person('bea')
  const [one, other] = [await listen(bea), await listen(bea)]
  await comeOnline('bea')
  await vi.waitFor(() => expect(other.told).toHaveLength(1))
  now += 1_000
  await goOffline('bea', `${START}.phone`)
  const all = [
    [true, START],
    [false, START + 1_000],
  ]
  await vi.waitFor(() => expect([one.told, other.told]).toEqual([all, all]))
  expect({ readings: leases.readings, statements }).toEqual({ readings: [1, 1, 1], statements: 2 })
})

test('what changes nothing is not told: the same again, another device', async () => {
  const bea = person('bea')
  const listener = await listen(bea)
  await comeOnline('bea', `${START}.phone`)
  await comeOnline('bea', `${START}.phone`)
  await comeOnline('bea', `${START}.laptop`)
  await goOffline('bea', `${START}.phone`)
  await watch.lookAtAll()
  expect(listener.told).toEqual([[true, START]])
})

test('those whose node died go offline when their lease has run out, without a ring', async () => {
  const listener = await listen(person('bea'))
  await comeOnline('bea')
  await vi.waitFor(() => expect(listener.told).toHaveLength(1))
  now += 24_999
  await watch.lookAtAll()
  expect(listener.told).toHaveLength(1)
  now += 1
  await watch.lookAtAll()
  expect(listener.told.map(([isOnline]) => isOnline)).toEqual([true, false])
})

test('everybody is read in one go, and everybody who changed in one statement', async () => {
  const people = Array.from({ length: 50 }, (_, nth) => person(`person ${nth}`))
  const listeners = await Promise.all(people.map(listen))
  for (const { key } of people) await leases.hold('presence', key, `${now}.phone`, 25_000)
  leases.readings.splice(0)
  await watch.lookAtAll()
  expect({ readings: leases.readings, statements }).toEqual({ readings: [50], statements: 1 })
  expect(listeners.map(({ told }) => told)).toEqual(people.map(() => [[true, START]]))
})

test('a reading that was overtaken does not win', async () => {
  const listener = await listen(person('bea'))
  const letGo = leases.holdBack()
  // Read as online, and gone before that is known.
  await comeOnline('bea')
  await vi.waitFor(() => expect(leases.readings).toHaveLength(2))
  await goOffline('bea', `${START}.phone`)
  await new Promise((resolve) => setImmediate(resolve))
  letGo()
  await vi.waitFor(() => expect(listener.told.map(([isOnline]) => isOnline)).toEqual([true, false]))
})

test('however quickly somebody comes and goes, the last that is told is how they stand', async () => {
  const listener = await listen(person('bea'))
  for (let nth = 0; nth < 100; nth += 1) {
    await comeOnline('bea', `${now}.device-${nth}`)
    if (nth % 3 > 0) await Promise.resolve()
    if (nth < 99) await goOffline('bea', `${now}.device-${nth}`)
  }
  await vi.waitFor(() => expect(listener.told.at(-1)).toEqual([true, START]))
  const states = listener.told.map(([isOnline]) => isOnline)
  expect(states).toEqual(states.map((_, index) => index % 2 === 0))
})

test('while the database is away people are told as they were, which is logged once', async () => {
  const listener = await listen({ ...person('bea'), lastSeenAt: new Date(START - 1) })
  isAway = true
  await comeOnline('bea')
  await vi.waitFor(() => expect(listener.told).toHaveLength(1))
  await goOffline('bea', `${START}.phone`)
  await vi.waitFor(() => expect(listener.told).toHaveLength(2))
  expect(listener.told).toEqual([
    [true, START],
    [false, START - 1],
  ])
  expect(logged).toEqual(['Who came or went cannot be read'])
})

describe('whoever stops listening', () => {
  test('hears nothing more, and the others still', async () => {
    const bea = person('bea')
    const [leaving, staying] = [await listen(bea), await listen(bea)]
    leaving.stop()
    leaving.stop()
    await comeOnline('bea')
    await vi.waitFor(() => expect(staying.told).toHaveLength(1))
    expect(leaving.told).toEqual([])
  })

  test('last leaves nothing behind, also before it has begun', async () => {
    const bea = person('bea')
    const listener = await listen(bea)
    listener.stop()
    const early = watch.watch(bea, () => {})
    early.stop()
    await early.ready
    leases.readings.splice(0)
    bus.publish('presenceChanged', 'bea', {})
    await watch.lookAtAll()
    expect([watch.size, bus.listeners, leases.readings]).toEqual([0, 0, []])
  })

  test('can begin again, and knows how things stand now', async () => {
    const bea = person('bea')
    const first = await listen(bea)
    first.stop()
    await comeOnline('bea')
    const second = await listen(bea)
    first.stop()
    expect(second.current?.presence.isOnline).toBe(true)
    await goOffline('bea', `${START}.phone`)
    await vi.waitFor(() => expect(second.told).toEqual([[false, START]]))
  })
})
