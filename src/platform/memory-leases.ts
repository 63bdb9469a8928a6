import type { Lease, LeaseKind, Leases } from '../events/leases.js'
import { KnownLeases, leaseName } from './known-leases.js'

/** The leases of a node by itself: what it knows is all there is. */
export class MemoryLeases implements Leases {
  readonly #known: KnownLeases

  /** @param now milliseconds since 1970. */
  constructor(now: () => number = Date.now) {
    this.#known = new KnownLeases(now)
  }

  /** Under how many keys something is kept at this moment. */
  get size(): number {
    return this.#known.size
  }

  async hold(kind: LeaseKind, key: string, member: string, forMs: number): Promise<void> {
    this.#known.hold(leaseName(kind, key), member, forMs)
  }

  async holdAtMost(kind: LeaseKind, key: string, member: string, forMs: number, atMost: number): Promise<boolean> {
    const name = leaseName(kind, key)
    if (this.#known.complete(name).length >= atMost) return false
    this.#known.hold(name, member, forMs)
    return true
  }

  async release(kind: LeaseKind, key: string, member: string): Promise<boolean> {
    const name = leaseName(kind, key)
    const wasHeld = this.#known.isHeld(name, member)
    this.#known.forget(name, member, this.#known.release(name, member))
    return wasHeld
  }

  async read(kind: LeaseKind, keys: readonly string[]): Promise<ReadonlyMap<string, readonly Lease[]>> {
    return new Map(keys.map((key) => [key, this.#known.complete(leaseName(kind, key))]))
  }
}
