import type { Lease, LeaseKind } from '../events/leases.js'

const MAX_REMEMBERED_NAMES = 10_000

/** What a lease's key is called among those of all kinds. */
export const leaseName = (kind: LeaseKind, key: string) => `${kind}:${key}`

/** What this node did last with a lease: it holds it, or has given it back. */
export interface OwnAct {
  /** When it would run out. Then it need not be remembered. */
  readonly expiresAt: number
  readonly isReleased: boolean
  /** Whether Redis has not confirmed it yet. */
  isPending: boolean
}

/**
 * What a node knows of leases by itself: what it holds, what it gave back without Redis having heard of it, and what it
 * read last of others, each as long as it would be good.
 */
export class KnownLeases {
  readonly #now: () => number
  /** By name and member; what was done last stands last. */
  readonly #own = new Map<string, Map<string, OwnAct>>()
  /** What others held when they were read last, by name; what was read last stands last. */
  readonly #others = new Map<string, readonly Lease[]>()

  constructor(now: () => number) {
    this.#now = now
  }

  /** Under how many names something is remembered at this moment. */
  get size(): number {
    return this.#own.size + this.#others.size
  }

  hold(name: string, member: string, forMs: number): OwnAct {
    return this.#remember(name, member, { expiresAt: this.#now() + forMs, isReleased: false, isPending: true })
  }

  release(name: string, member: string): OwnAct {
    const expiresAt = this.#own.get(name)?.get(member)?.expiresAt ?? this.#now()
    return this.#remember(name, member, { expiresAt, isReleased: true, isPending: true })
  }

  /** Whether this node holds it, as far as it knows by itself. */
  isHeld(name: string, member: string): boolean {
    const act = this.#own.get(name)?.get(member)
    return act !== undefined && !act.isReleased && act.expiresAt > this.#now()
  }

  /** Forgets an act, unless another one came after it. */
  forget(name: string, member: string, act: OwnAct): void {
    if (!this.isCurrent(name, member, act)) return
    const acts = this.#own.get(name)
    acts?.delete(member)
    if (acts?.size === 0) this.#own.delete(name)
  }

  isCurrent(name: string, member: string, act: OwnAct): boolean {
    return this.#own.get(name)?.get(member) === act
  }

  /** All that is still good, or still to be given back. */
  ownActs(): { readonly name: string; readonly member: string; readonly act: OwnAct }[] {
    for (const [name, acts] of this.#own) this.#dropExpired(name, acts)
    return [...this.#own].flatMap(([name, acts]) => [...acts].map(([member, act]) => ({ name, member, act })))
  }

  /**
   * What is held under a name: what Redis answers, with what it has not confirmed yet; or without its answer, all that
   * is known here.
   *
   * @param countsKnown whether what was known of others counts beside what Redis answers.
   */
  complete(name: string, answer?: readonly Lease[], countsKnown = true): readonly Lease[] {
    const leases = new Map<string, Lease>()
    if (!answer || countsKnown) for (const lease of this.#othersUnder(name)) leases.set(lease.member, lease)
    for (const lease of answer ?? []) leases.set(lease.member, lease)
    const own = this.#own.get(name)
    if (own) this.#dropExpired(name, own)
    if (answer)
      this.#rememberOthers(
        name,
        [...leases.values()].filter(({ member }) => !own?.has(member)),
      )
    for (const [member, act] of own ?? []) {
      if (answer && !act.isPending) continue
      if (act.isReleased) leases.delete(member)
      else leases.set(member, { member, expiresAt: new Date(act.expiresAt) })
    }
    return [...leases.values()].sort((one, other) => one.expiresAt.getTime() - other.expiresAt.getTime())
  }

  #remember(name: string, member: string, act: OwnAct): OwnAct {
    const acts = this.#own.get(name) ?? new Map<string, OwnAct>()
    this.#own.delete(name)
    this.#own.set(name, acts.set(member, act))
    this.#dropOldest()
    return act
  }

  #othersUnder(name: string): readonly Lease[] {
    return (this.#others.get(name) ?? []).filter(({ expiresAt }) => expiresAt.getTime() > this.#now())
  }

  #rememberOthers(name: string, leases: readonly Lease[]): void {
    this.#others.delete(name)
    if (leases.length > 0) this.#others.set(name, leases)
    if (this.#others.size <= MAX_REMEMBERED_NAMES) return
    const [oldest] = this.#others.keys()
    if (oldest !== undefined) this.#others.delete(oldest)
  }

  /** What nobody releases and nobody reads must not stay. */
  #dropOldest(): void {
    for (const [name, acts] of this.#own) {
      this.#dropExpired(name, acts)
      if (acts.size > 0) break
    }
  }

  #dropExpired(name: string, acts: Map<string, OwnAct>): void {
    for (const [member, { expiresAt }] of acts) if (expiresAt <= this.#now()) acts.delete(member)
    if (acts.size === 0) this.#own.delete(name)
  }
}
