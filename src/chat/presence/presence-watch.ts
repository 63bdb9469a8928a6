import type { Logger } from 'pino'
import type { EventBus, Unsubscribe } from '../../events/event-bus.js'
import type { Lease, Leases } from '../../events/leases.js'
import type { User } from '../../generated/prisma/client.js'
import { Outage } from '../outage.js'
import { Regularly } from '../regularly.js'
import { type Presence, presenceOf } from './presence.js'
import type { PresenceStore } from './presence-store.js'

const READ_EVERY_MS = 5_000

/** A person, and whether they are connected. */
export interface PersonPresence {
  readonly user: User
  readonly presence: Presence
}

export type PresenceListener = (changed: PersonPresence) => void

/** Somebody who is watched for a listener. */
export interface Watching {
  /** Resolves when it is known whether they are online: each change after that is told. Never rejects. */
  readonly ready: Promise<void>
  /** How they stand, as far as it was told; null until it is known. */
  readonly current: PersonPresence | null
  /** Ends it at once; calling it again does nothing. */
  stop(): void
}

/** What all listeners of one person share. */
interface Watched {
  /** As the row was when it was last read. */
  user: User
  presence: Presence | null
  readonly listeners: Set<PresenceListener>
  ready: Promise<void>
  becomeReady: () => void
  unsubscribe: Unsubscribe
}

export interface PresenceWatchParts {
  readonly bus: EventBus
  readonly leases: Leases
  readonly presences: Pick<PresenceStore, 'findMany'>
  readonly log: Logger
}

/**
 * Whether people are online whom somebody on this node listens for. The bus is the doorbell, the leases are the truth:
 * those of one person are read when it rings, those of all every 5 s, so that nothing that was lost stays unknown. One
 * reading follows the other: an older one never wins. What changed is told once for the node, to all listeners.
 */
export class PresenceWatch {
  readonly #parts: PresenceWatchParts
  readonly #watched = new Map<string, Watched>()
  readonly #regularly = new Regularly(READ_EVERY_MS, () => this.lookAtAll())
  /** Whose leases are to be read next. */
  #rung = new Set<string>()
  #reading: Promise<void> | null = null
  readonly #outage: Outage

  constructor(parts: PresenceWatchParts) {
    this.#parts = parts
    this.#outage = new Outage(parts.log, 'Who came or went cannot be read')
  }

  /** How many people are watched. */
  get size(): number {
    return this.#watched.size
  }

  /** Calls back whenever the person comes online or goes offline. */
  watch(user: User, listener: PresenceListener): Watching {
    const watched = this.#watched.get(user.key) ?? this.#start(user)
    // One of its own, so that the same function can listen twice.
    const own: PresenceListener = (changed) => listener(changed)
    watched.listeners.add(own)
    return {
      ready: watched.ready,
      get current() {
        return watched.presence && { user: watched.user, presence: watched.presence }
      },
      stop: () => {
        if (watched.listeners.delete(own) && watched.listeners.size === 0) this.#stop(user.key, watched)
      },
    }
  }

  /** Reads the leases of everybody who is watched. */
  lookAtAll(): Promise<void> {
    return this.#look([...this.#watched.keys()])
  }

  #start(user: User): Watched {
    let becomeReady = () => {}
    const ready = new Promise<void>((resolve) => {
      becomeReady = resolve
    })
    const watched: Watched = {
      user,
      presence: null,
      listeners: new Set(),
      ready,
      becomeReady,
      unsubscribe: () => {},
    }
    this.#watched.set(user.key, watched)
    this.#regularly.start()
    void this.#listen(watched)
    return watched
  }

  /** Listens first and then reads: nothing falls in between. */
  async #listen(watched: Watched): Promise<void> {
    const { key } = watched.user
    const unsubscribe = await this.#parts.bus.subscribe('presenceChanged', key, () => void this.#look([key]))
    if (this.#watched.get(key) !== watched) return unsubscribe()
    watched.unsubscribe = unsubscribe
    await this.#look([key])
  }

  #stop(userKey: string, watched: Watched): void {
    this.#watched.delete(userKey)
    if (this.#watched.size === 0) this.#regularly.stop()
    watched.unsubscribe()
    watched.becomeReady()
  }

  /** Resolves when the leases of these people have been read once more. */
  async #look(userKeys: readonly string[]): Promise<void> {
    for (const userKey of userKeys) this.#rung.add(userKey)
    this.#reading ??= this.#readOn()
    await this.#reading
  }

  async #readOn(): Promise<void> {
    // Those that ring at the same moment are read together.
    await null
    while (this.#rung.size > 0) {
      const rung = [...this.#rung].flatMap((userKey) => this.#watched.get(userKey) ?? [])
      this.#rung = new Set()
      if (rung.length === 0) continue
      const leases = await this.#parts.leases.read(
        'presence',
        rung.map(({ user }) => user.key),
      )
      await this.#takeOver(rung, leases)
    }
    // In one step with the last look at who has rung: whoever rings now begins another reading.
    this.#reading = null
  }

  async #takeOver(rung: readonly Watched[], leases: ReadonlyMap<string, readonly Lease[]>): Promise<void> {
    const changed: Watched[] = []
    for (const watched of rung) {
      const { key, lastSeenAt } = watched.user
      const presence = presenceOf(leases.get(key) ?? [], lastSeenAt)
      if (watched.presence && watched.presence.isOnline !== presence.isOnline) changed.push(watched)
      else watched.presence = presence
      watched.becomeReady()
    }
    await this.#readRows(changed)
    for (const watched of changed) {
      const { user, listeners } = watched
      const presence = presenceOf(leases.get(user.key) ?? [], user.lastSeenAt)
      watched.presence = presence
      for (const listener of listeners) listener({ user, presence })
    }
  }

  /** The rows of these people as they are now; while the database is away, as they were. */
  async #readRows(changed: readonly Watched[]): Promise<void> {
    if (changed.length === 0) return
    try {
      const rows = await this.#parts.presences.findMany(changed.map(({ user }) => user.key))
      const users = new Map(rows.map((user) => [user.key, user]))
      for (const watched of changed) watched.user = users.get(watched.user.key) ?? watched.user
      this.#outage.end()
    } catch (error) {
      this.#outage.note(error)
    }
  }
}
