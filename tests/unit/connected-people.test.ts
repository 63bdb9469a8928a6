import pino from 'pino'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { ConnectedPeople } from '../../src/chat/presence/connected-people.js'
import { LastSeenNotes } from '../../src/chat/presence/last-seen-notes.js'
import { onlineSince } from '../../src/chat/presence/presence.js'
import { Suspensions } from '../../src/chat/presence/suspensions.js'
import type { Leases } from '../../src/events/leases.js'
import { MemoryEventBus } from '../../src/platform/memory-event-bus.js'
import { MemoryLeases } from '../../src/platform/memory-leases.js'

const MAX_CONNECTIONS = 3
const START = Date.parse('2026-03-01T12:00:00.000Z')

let now: number
let leases: MemoryLeases
let bus: MemoryEventBus
/** What the database is said, and asked. */
let written: [string, Date][]
let writeLastSeen: (seen: ReadonlyMap<string, Date>) => Promise<void>
let suspended: string[] | Error
let logged: string[]
let gone: string[]

beforeEach(() => {
  now = START
  leases = new MemoryLeases(() => now)
  bus = new MemoryEventBus((error) => {
    throw error
  })
  written = []
  writeLastSeen = async (seen) => void written.push(...seen)
  suspended = []
  logged = []
  gone = []
})

/** A node's people, on the leases of all nodes. */
function node(itsLeases: Leases = leases): ConnectedPeople {
  const log = pino({}, { write: (line) => logged.push(JSON.parse(line).msg) })
  const findInactive = async (userKeys: readonly string[]) => {
    if (suspended instanceof Error) throw suspended
    return suspended.filter((userKey) => userKeys.includes(userKey))
  }
  return new ConnectedPeople({
    bus,
    leases: itsLeases,
    notes: new LastSeenNotes({ writeLastSeen: (seen) => writeLastSeen(seen) }),
    suspensions: new Suspensions({ findInactive }, log),
    maxConnections: MAX_CONNECTIONS,
    onGone: (userKey) => gone.push(userKey),
    now: () => now,
  })
}

const held = async (userKey = 'bea') => (await leases.read('presence', [userKey])).get(userKey) ?? []
const holds = (count: number) => vi.waitFor(async () => expect(await held()).toHaveLength(count))
const since = async () => onlineSince(await held())?.getTime()

/** The rings of a person so far. */
async function rings(userKey = 'bea'): Promise<unknown[]> {
  const heard: unknown[] = []
  await bus.subscribe('presenceChanged', userKey, (event) => heard.push(event))
  return heard
}

describe('a connection', () => {
  test('is a lease, and rings when it comes and when it is gone', async () => {
    const people = node()
    const heard = await rings()
    const { leave } = people.arrive('bea', () => {})
    await holds(1)
    expect(heard).toEqual([{}])
    leave()
    leave()
    await holds(0)
    await vi.waitFor(() => expect(heard).toEqual([{}, {}]))
    expect(people.size).toBe(0)
  })

  test('is good for 25 s, and for as long as it is renewed', async () => {
    const people = node()
    people.arrive('bea', () => {})
    await holds(1)
    now += 24_999
    await people.renew()
    now += 24_999
    await holds(1)
    now += 1
    expect(await held()).toEqual([])
    await people.close()
  })

  test('that ends before it holds a lease never holds one', async () => {
    const [reading, hold] = [gate(), vi.spyOn(leases, 'holdAtMost')]
    const people = node({
      hold: (...held) => leases.hold(...held),
      holdAtMost: (...held) => leases.holdAtMost(...held),
      release: (...released) => leases.release(...released),
      read: (...asked) => reading.opened.then(() => leases.read(...asked)),
    })
    people.arrive('bea', () => {}).leave()
    reading.open()
    await people.close()
    expect(hold).not.toHaveBeenCalled()
  })

  test('is one too many for a person who has as many as they may, and leaves no lease', async () => {
    const [one, other] = [node(), node()]
    const dismissed: string[] = []
    const arrivals = [one, other, one, other, one].map((people) => people.arrive('bea', () => dismissed.push('bea')))
    const welcomed = await Promise.all(arrivals.map(({ hasRoom }) => hasRoom))
    expect(welcomed.filter(Boolean)).toHaveLength(MAX_CONNECTIONS)
    expect(await held()).toHaveLength(MAX_CONNECTIONS)
    expect(await one.arrive('sam', () => {}).hasRoom).toBe(true)

    arrivals.at(welcomed.indexOf(false))?.leave()
    await everythingDone()
    expect(await held()).toHaveLength(MAX_CONNECTIONS)
    expect(await one.arrive('bea', () => {}).hasRoom).toBe(false)
    arrivals.at(welcomed.indexOf(true))?.leave()
    await holds(MAX_CONNECTIONS - 1)
    expect(await other.arrive('bea', () => {}).hasRoom).toBe(true)
    await Promise.all([one.close(), other.close()])
  })

  test('is one too many also by what is only known of others, while a Redis that is back has not been told yet', async () => {
    for (let nth = 0; nth < MAX_CONNECTIONS; nth += 1) await leases.hold('presence', 'bea', `socket-${nth}`, 60_000)
    const people = node({
      hold: (...held) => leases.hold(...held),
      holdAtMost: async () => true,
      release: (...released) => leases.release(...released),
      read: (...asked) => leases.read(...asked),
    })
    expect(await people.arrive('bea', () => {}).hasRoom).toBe(false)
    await people.close()
  })

  test('that ends while its lease is being renewed leaves none', async () => {
    let holding = gate()
    holding.open()
    const people = node({
      read: (...asked) => leases.read(...asked),
      release: (...released) => leases.release(...released),
      hold: (...renewed) => holding.opened.then(() => leases.hold(...renewed)),
      holdAtMost: (...held) => leases.holdAtMost(...held),
    })
    const { leave } = people.arrive('bea', () => {})
    await holds(1)
    holding = gate()
    const renewal = people.renew()
    leave()
    await everythingDone()
    holding.open()
    await renewal
    await people.close()
    expect(await held()).toEqual([])
  })
})

describe('several devices', () => {
  test('are one person, who is gone when the last is, on all nodes', async () => {
    const [one, other] = [node(), node()]
    const [phone, laptop] = [one.arrive('bea', () => {}), one.arrive('bea', () => {})]
    const tablet = other.arrive('bea', () => {})
    await holds(3)
    expect([one.size, other.size]).toEqual([1, 1])
    phone.leave()
    laptop.leave()
    await holds(1)
    tablet.leave()
    await vi.waitFor(() => expect(gone).toEqual(['bea']))
    expect(await held()).toEqual([])
  })

  test('have been online since the first of them, also when that one leaves', async () => {
    const people = node()
    const phone = people.arrive('bea', () => {})
    await holds(1)
    now += 5_000
    people.arrive('bea', () => {})
    await holds(2)
    expect(await since()).toBe(START)
    phone.leave()
    await holds(1)
    expect(await since()).toBe(START)
    await people.close()
  })

  test('who come after the last has left begin anew', async () => {
    const people = node()
    people.arrive('bea', () => {}).leave()
    await vi.waitFor(() => expect(gone).toEqual(['bea']))
    now += 5_000
    people.arrive('bea', () => {})
    await holds(1)
    expect(await since()).toBe(START + 5_000)
    await people.close()
  })
})

describe('when somebody was seen', () => {
  test('is written when they come, when they go, and for all who are here', async () => {
    const people = node()
    const { leave } = people.arrive('bea', () => {})
    await vi.waitFor(() => expect(written).toHaveLength(1))
    now += 60_000
    await people.noteAll()
    now += 1_000
    leave()
    await people.close()
    expect(written.map(([userKey, at]) => [userKey, at.getTime() - START])).toEqual([
      ['bea', 0],
      ['bea', 60_000],
      ['bea', 61_000],
    ])
  })

  test('is written before the others hear that they are gone', async () => {
    const people = node()
    const { leave } = people.arrive('bea', () => {})
    await holds(1)
    const inOrder: string[] = []
    writeLastSeen = async () => {
      await everythingDone()
      inOrder.push('written')
    }
    await bus.subscribe('presenceChanged', 'bea', () => inOrder.push('rung'))
    leave()
    await people.close()
    expect(inOrder).toEqual(['written', 'rung'])
  })

  test('is one statement at a time, however many come at once', async () => {
    const people = node()
    const statements: number[] = []
    let answer = () => {}
    writeLastSeen = (seen) => {
      statements.push(seen.size)
      return new Promise<void>((resolve) => {
        answer = resolve
      })
    }
    people.arrive('first', () => {})
    await vi.waitFor(() => expect(statements).toEqual([1]))
    for (let nth = 0; nth < 100; nth += 1) people.arrive(`person ${nth}`, () => {})
    answer()
    await vi.waitFor(() => expect(statements).toEqual([1, 100]))
    answer()
    writeLastSeen = async () => {}
    await people.close()
  })

  test('is skipped when it cannot be written', async () => {
    const people = node()
    writeLastSeen = () => Promise.reject(new Error('away'))
    const { leave } = people.arrive('bea', () => {})
    await holds(1)
    leave()
    await vi.waitFor(() => expect(gone).toEqual(['bea']))
    expect(logged).toEqual([])
  })
})

describe('whoever was suspended', () => {
  test('is sent away with all their devices, and nobody else is', async () => {
    const people = node()
    const dismissed: string[] = []
    for (const device of ['phone', 'laptop']) people.arrive('bea', () => dismissed.push(`bea's ${device}`))
    people.arrive('sam', () => dismissed.push('sam'))
    await people.dismissSuspended()
    expect(dismissed).toEqual([])
    suspended = ['bea', 'somebody else']
    await people.dismissSuspended()
    expect(dismissed).toEqual(["bea's phone", "bea's laptop"])
    await people.close()
  })

  test('stays while the database is away, which is logged once each time', async () => {
    const people = node()
    const dismiss = vi.fn()
    people.arrive('bea', dismiss)
    for (const _again of [0, 1]) {
      suspended = new Error('away')
      for (let nth = 0; nth < 3; nth += 1) await people.dismissSuspended()
      suspended = []
      await people.dismissSuspended()
    }
    expect(logged).toEqual(['Who was suspended cannot be read', 'Who was suspended cannot be read'])
    expect(dismiss).not.toHaveBeenCalled()
    await people.close()
  })
})

describe('closing', () => {
  test('gives all leases back', async () => {
    const people = node()
    for (const userKey of ['bea', 'bea', 'sam']) people.arrive(userKey, () => {})
    await holds(2)
    await people.close()
    expect([await held('bea'), await held('sam'), people.size]).toEqual([[], [], 0])
  })

  test('waits no longer than a second for leases that hang', async () => {
    const hold = vi.fn(() => new Promise<boolean>(() => {}))
    const people = node({
      hold: (...held) => leases.hold(...held),
      holdAtMost: hold,
      release: (...released) => leases.release(...released),
      read: (...asked) => leases.read(...asked),
    })
    people.arrive('bea', () => {})
    await vi.waitFor(() => expect(hold).toHaveBeenCalled())
    const before = performance.now()
    await people.close()
    expect(performance.now() - before).toBeLessThan(1_500)
  })

  test('gives leases back also when the database hangs', async () => {
    const people = node()
    writeLastSeen = () => new Promise(() => {})
    people.arrive('bea', () => {})
    await holds(1)
    await people.close()
    expect(await held()).toEqual([])
  })
})

/** Something that is waited for until it is opened. */
function gate(): { readonly opened: Promise<void>; open(): void } {
  let open = () => {}
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { opened, open }
}

/** Everything that waits for nothing outside is done. */
function everythingDone(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
