/** What is held for a while: `presence` by user key, a member for each connection; `typing` by transaction key, a member for each person. */
export type LeaseKind = 'presence' | 'typing'

/** Something that is held until it is released, or runs out by itself. */
export interface Lease {
  /** Who holds it, within its key: 1 to 200 characters. */
  readonly member: string
  /** When it runs out unless it is held again; by this node's clock. */
  readonly expiresAt: Date
}

/**
 * Leases that all nodes see and that run out by themselves, so that nothing of a node that died stays behind.
 *
 * Nothing here ever rejects, and nothing waits for long: where the other nodes can't be reached, a node knows what it
 * holds itself, and for as long as it is good what it knew of the others.
 */
export interface Leases {
  /** Holds a lease from now on for so long; one that is held already is good for so long anew. Resolves when others see it, or can't. */
  hold(kind: LeaseKind, key: string, member: string, forMs: number): Promise<void>

  /**
   * Holds a lease, unless so many are held under its key already. Of several who try at once no more get one than there
   * are left.
   *
   * @returns whether it is held.
   */
  holdAtMost(kind: LeaseKind, key: string, member: string, forMs: number, atMost: number): Promise<boolean>

  /**
   * Gives a lease back. One that isn't held is no mistake. Resolves when others see that, or can't.
   *
   * @returns whether it was held until now, as far as is known; it may have run out a moment before.
   */
  release(kind: LeaseKind, key: string, member: string): Promise<boolean>

  /** What is held under each of these keys at this moment, the one that runs out first being first; each key has an answer. */
  read(kind: LeaseKind, keys: readonly string[]): Promise<ReadonlyMap<string, readonly Lease[]>>
}
