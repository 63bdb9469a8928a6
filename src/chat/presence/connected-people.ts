import type { EventBus } from '../../events/event-bus.js'
import type { Leases } from '../../events/leases.js'
import { within } from '../../within.js'
import { Regularly } from '../regularly.js'
import type { LastSeenNotes } from './last-seen-notes.js'
import { onlineSince, presenceMember } from './presence.js'
import type { Suspensions } from './suspensions.js'

/** How long a lease is good, and how often it is renewed. */
const LEASE_MS = 25_000
const RENEW_EVERY_MS = 10_000
const NOTE_EVERY_MS = 60_000
const LOOK_FOR_SUSPENDED_EVERY_MS = 2_000
/** How long a departure waits for the database to hear of it first, and the closing for all departures. */
const NOTE_WITHIN_MS = 500
const CLOSE_WITHIN_MS = 1_000

/** A connection that has just begun. */
interface Arrival {
  /** Whether there is room for it: its person has fewer than they may, on all nodes. Never rejects. */
  readonly hasRoom: Promise<boolean>
  /** To be called when the connection begins to close, whether there was room or not; calling it again does nothing. */
  leave(): void
}

/** One connection of a person. */
interface Connection {
  /** Its lease; null until it holds one. */
  member: string | null
  /** Settled when the last that was done about the lease is done. */
  held: Promise<unknown>
  hasEnded: boolean
  /** Closes the socket. */
  readonly dismiss: () => void
}

export interface ConnectedPeopleParts {
  readonly bus: EventBus
  readonly leases: Leases
  readonly notes: LastSeenNotes
  readonly suspensions: Suspensions
  /** How many connections a person may have, on all nodes together. */
  readonly maxConnections: number
  /** Called when somebody's last connection has ended, on this node and as far as it knows on all. */
  readonly onGone?: (userKey: string) => void
  /** Milliseconds since 1970. */
  readonly now?: () => number
}

/**
 * The people who are connected to this node. Each connection is a lease that all nodes see: several devices are one
 * person, and a node that dies leaves nobody behind. As long as anybody is here, leases are renewed, it is written down
 * who was seen, and whoever was suspended is sent away.
 */
export class ConnectedPeople {
  readonly #parts: ConnectedPeopleParts
  readonly #now: () => number
  readonly #people = new Map<string, Set<Connection>>()
  readonly #departures = new Set<Promise<void>>()
  readonly #regularly: readonly Regularly[]

  constructor(parts: ConnectedPeopleParts) {
    this.#parts = parts
    this.#now = parts.now ?? Date.now
    this.#regularly = [
      new Regularly(RENEW_EVERY_MS, () => this.renew()),
      new Regularly(NOTE_EVERY_MS, () => this.noteAll()),
      new Regularly(LOOK_FOR_SUSPENDED_EVERY_MS, () => this.dismissSuspended()),
    ]
  }

  /** How many people are connected. */
  get size(): number {
    return this.#people.size
  }

  /**
   * Somebody has connected.
   *
   * @param dismiss closes the connection because the person was suspended.
   */
  arrive(userKey: string, dismiss: () => void): Arrival {
    const connection: Connection = { member: null, held: Promise.resolve(), hasEnded: false, dismiss }
    const connections = this.#people.get(userKey) ?? new Set()
    this.#people.set(userKey, connections.add(connection))
    for (const work of this.#regularly) work.start()
    const hasRoom = this.#begin(userKey, connection)
    connection.held = hasRoom
    // Who is sent away again has been seen by the sockets that they have.
    void hasRoom.then((isHere) => (isHere ? this.#parts.notes.note([userKey], new Date(this.#now())) : undefined))
    return { hasRoom, leave: () => this.#end(userKey, connection) }
  }

  /** Holds all leases anew. */
  async renew(): Promise<void> {
    const renewed: Promise<void>[] = []
    for (const [userKey, connections] of this.#people) {
      for (const connection of connections) {
        // One that is still about to hold its lease will.
        if (connection.member === null) continue
        const holding = this.#hold(userKey, connection.member)
        // Without their results: those would hold on to the ones before, for as long as the socket lives.
        connection.held = Promise.all([connection.held, holding]).then(() => undefined)
        renewed.push(holding)
      }
    }
    await Promise.all(renewed)
  }

  /** Writes down that everybody here was seen, so that it is known to the minute of those whose node dies. */
  noteAll(): Promise<void> {
    return this.#parts.notes.note(this.#people.keys(), new Date(this.#now()))
  }

  /** Closes the connections of those who may not be here any more. */
  async dismissSuspended(): Promise<void> {
    for (const userKey of await this.#parts.suspensions.among([...this.#people.keys()])) {
      for (const { dismiss } of [...(this.#people.get(userKey) ?? [])]) dismiss()
    }
  }

  /** Gives back what is held, within a second if it can. */
  async close(): Promise<void> {
    for (const [userKey, connections] of this.#people) {
      for (const connection of [...connections]) this.#end(userKey, connection)
    }
    await within(CLOSE_WITHIN_MS, Promise.all(this.#departures))
  }

  async #begin(userKey: string, connection: Connection): Promise<boolean> {
    const { bus, leases, maxConnections } = this.#parts
    const held = (await leases.read('presence', [userKey])).get(userKey) ?? []
    // What is read counts what a Redis that is back empty has not been told again yet.
    if (connection.hasEnded || held.length >= maxConnections) return false
    // Now began with the first device, and goes on when that one leaves.
    const member = presenceMember(onlineSince(held) ?? new Date(this.#now()))
    if (!(await leases.holdAtMost('presence', userKey, member, LEASE_MS, maxConnections))) return false
    connection.member = member
    bus.publish('presenceChanged', userKey, {})
    return true
  }

  #hold(userKey: string, member: string): Promise<void> {
    return this.#parts.leases.hold('presence', userKey, member, LEASE_MS)
  }

  #end(userKey: string, connection: Connection): void {
    if (connection.hasEnded) return
    connection.hasEnded = true
    const connections = this.#people.get(userKey)
    connections?.delete(connection)
    const isLast = connections?.size === 0
    if (isLast) this.#people.delete(userKey)
    if (this.#people.size === 0) for (const work of this.#regularly) work.stop()
    const departure = this.#depart(userKey, connection, isLast).finally(() => this.#departures.delete(departure))
    this.#departures.add(departure)
  }

  async #depart(userKey: string, connection: Connection, isLast: boolean): Promise<void> {
    const { bus, leases, notes, onGone } = this.#parts
    // First when they were seen, then that they are gone: whoever hears of it reads the two.
    if (isLast) await within(NOTE_WITHIN_MS, notes.note([userKey], new Date(this.#now())))
    // What is held later than it is released would stay.
    await connection.held
    if (connection.member !== null) await leases.release('presence', userKey, connection.member)
    if (!isLast) return
    bus.publish('presenceChanged', userKey, {})
    const left = (await leases.read('presence', [userKey])).get(userKey) ?? []
    if (left.length === 0 && !this.#people.has(userKey)) onGone?.(userKey)
  }
}
