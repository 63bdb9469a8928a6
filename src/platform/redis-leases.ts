import type { Lease, LeaseKind, Leases } from '../events/leases.js'
import { within } from '../within.js'
import { KnownLeases, leaseName } from './known-leases.js'
import { HOLD, HOLD_AT_MOST, READ, RELEASE } from './redis-lease-scripts.js'
import type { RedisLink } from './redis-link.js'

const ANSWER_WITHIN_MS = 500
const KEYS_A_READ = 200
const REWRITTEN_AT_ONCE = 200
/** Until every node that was cut off has had the time to write again what it holds. */
const GRACE_MS = 6_000

/**
 * The leases of all nodes, in one sorted set a key, by the instant at which each runs out. Instants are those of Redis'
 * clock, which all share; what goes out and comes in is how long a lease is still good. A set goes by itself with its
 * last lease.
 *
 * A Redis that comes back may have lost everything. Each node writes again what it holds, and until the others have done
 * so too, what it knew of them counts.
 */
export class RedisLeases implements Leases {
  readonly #link: RedisLink
  readonly #now: () => number
  readonly #known: KnownLeases
  #graceEndsAt = 0

  /** @param now milliseconds since 1970, by this node's clock. */
  constructor(link: RedisLink, now: () => number = Date.now) {
    this.#link = link
    this.#now = now
    this.#known = new KnownLeases(now)
    link.onConnected(() => void this.#rewrite())
  }

  async hold(kind: LeaseKind, key: string, member: string, forMs: number): Promise<void> {
    const act = this.#known.hold(leaseName(kind, key), member, forMs)
    if ((await this.#ask(HOLD, [leaseName(kind, key)], [member, forMs])) !== null) act.isPending = false
  }

  async holdAtMost(kind: LeaseKind, key: string, member: string, forMs: number, atMost: number): Promise<boolean> {
    const name = leaseName(kind, key)
    const answer = await this.#ask(HOLD_AT_MOST, [name], [member, forMs, atMost])
    const isFree = answer === null ? this.#known.complete(name).length < atMost : answer === 1
    if (!isFree) return false
    this.#known.hold(name, member, forMs).isPending = answer === null
    return true
  }

  async release(kind: LeaseKind, key: string, member: string): Promise<boolean> {
    const name = leaseName(kind, key)
    const wasHeldHere = this.#known.isHeld(name, member)
    const act = this.#known.release(name, member)
    const wasHeld = await this.#ask(RELEASE, [name], [member])
    if (wasHeld === null) return wasHeldHere
    this.#known.forget(name, member, act)
    return wasHeld === 1
  }

  async read(kind: LeaseKind, keys: readonly string[]): Promise<ReadonlyMap<string, readonly Lease[]>> {
    const names = keys.map((key) => leaseName(kind, key))
    const answers = await this.#readNames(names)
    const isGrace = this.#now() < this.#graceEndsAt
    return new Map(keys.map((key, index) => [key, this.#known.complete(names[index] ?? '', answers[index], isGrace)]))
  }

  /** An answer for each name; undefined where Redis gives none. */
  async #readNames(names: readonly string[]): Promise<(readonly Lease[] | undefined)[]> {
    // A Cluster takes only keys of one slot in one command.
    const keysARead = this.#link.isCluster ? 1 : KEYS_A_READ
    const chunks = Array.from({ length: Math.ceil(names.length / keysARead) }, (_, index) =>
      names.slice(index * keysARead, (index + 1) * keysARead),
    )
    const answers = await Promise.all(
      chunks.map(async (chunk) => {
        const answer = await this.#ask(READ, chunk, [])
        return chunk.map((_, index) => (Array.isArray(answer) ? this.#leasesIn(answer[index]) : undefined))
      }),
    )
    return answers.flat()
  }

  #leasesIn(flat: unknown): Lease[] {
    const leases: Lease[] = []
    if (!Array.isArray(flat)) return leases
    for (let index = 0; index < flat.length; index += 2) {
      leases.push({ member: String(flat[index]), expiresAt: new Date(this.#now() + Number(flat[index + 1])) })
    }
    return leases
  }

  async #rewrite(): Promise<void> {
    this.#graceEndsAt = this.#now() + GRACE_MS
    const acts = this.#known.ownActs()
    for (let from = 0; from < acts.length; from += REWRITTEN_AT_ONCE) {
      await Promise.all(
        acts.slice(from, from + REWRITTEN_AT_ONCE).map(async ({ name, member, act }) => {
          // Meanwhile it may have been renewed or released, which Redis has been told.
          if (!this.#known.isCurrent(name, member, act)) return
          const forMs = act.expiresAt - this.#now()
          if (act.isReleased || forMs <= 0) {
            if ((await this.#ask(RELEASE, [name], [member])) !== null) this.#known.forget(name, member, act)
          } else if ((await this.#ask(HOLD, [name], [member, forMs])) !== null) act.isPending = false
        }),
      )
    }
  }

  /** What a script answers, which is never nothing; null when Redis can't be asked, or not in time. */
  async #ask(script: string, names: readonly string[], values: readonly (string | number)[]): Promise<unknown> {
    if (!this.#link.isConnected) return null
    const keys = names.map((name) => this.#link.keyPrefix + name)
    try {
      // A Cluster may ask several servers in turn: the limit of a single command isn't enough.
      const answer = this.#link.commands.eval(script, keys.length, ...keys, ...values)
      return (await within(ANSWER_WITHIN_MS, answer)) ?? null
    } catch {
      return null
    }
  }
}
