import type { Lease, LeaseKind, Leases } from '../events/leases.js'

/** The leases of a node by itself. */
export class MemoryLeases implements Leases {
  readonly #now: () => number
  /** By kind and key: by member, when it runs out. */
  readonly #held = new Map<string, Map<string, number>>()

  /** @param now milliseconds since 1970. */
  constructor(now: () => number = Date.now) {
    this.#now = now
  }

  /** Under how many keys something is kept at this moment. */
  get size(): number {
    return this.#held.size
  }

  async hold(kind: LeaseKind, key: string, member: string, forMs: number): Promise<void> {
    const name = `${kind}:${key}`
    const members = this.#held.get(name) ?? new Map<string, number>()
    members.set(member, this.#now() + forMs)
    // To the end: what was held last is dropped last.
    this.#held.delete(name)
    this.#held.set(name, members)
    this.#dropOldest()
  }

  async release(kind: LeaseKind, key: string, member: string): Promise<boolean> {
    const name = `${kind}:${key}`
    const members = this.#held.get(name)
    if (!members) return false
    const expiresAt = members.get(member) ?? 0
    members.delete(member)
    this.#dropExpired(name, members)
    return expiresAt > this.#now()
  }

  async read(kind: LeaseKind, keys: readonly string[]): Promise<ReadonlyMap<string, readonly Lease[]>> {
    return new Map(keys.map((key) => [key, this.#leasesOf(`${kind}:${key}`)]))
  }

  #leasesOf(name: string): Lease[] {
    const members = this.#held.get(name)
    if (!members) return []
    this.#dropExpired(name, members)
    return [...members]
      .map(([member, expiresAt]) => ({ member, expiresAt: new Date(expiresAt) }))
      .sort((one, other) => one.expiresAt.getTime() - other.expiresAt.getTime())
  }

  /** What nobody releases and nobody reads must not stay. */
  #dropOldest(): void {
    for (const [name, members] of this.#held) {
      this.#dropExpired(name, members)
      if (members.size > 0) break
    }
  }

  #dropExpired(name: string, members: Map<string, number>): void {
    for (const [member, expiresAt] of members) if (expiresAt <= this.#now()) members.delete(member)
    if (members.size === 0) this.#held.delete(name)
  }
}
