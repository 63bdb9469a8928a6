import type { User } from '../../generated/prisma/client.js'
import type { Typist } from './typing.js'

/** Somebody who is typing, and where. */
export interface PlacedTypist extends Typist {
  readonly transactionKey: string
}

/** Who said to this node that they are typing, until they stop or it runs out. All of it runs out after the same time. */
export class OwnTypists {
  /** Who said so last is last, and so is what runs out last. */
  readonly #typists = new Map<string, PlacedTypist>()

  /** How many are kept at this moment. */
  get size(): number {
    return this.#typists.size
  }

  add(typist: PlacedTypist): void {
    const name = nameOf(typist.transactionKey, typist.user.key)
    this.#typists.delete(name)
    this.#typists.set(name, typist)
    this.#dropExpired()
  }

  /** @returns whether they were typing until now. */
  remove(transactionKey: string, userKey: string): boolean {
    this.#dropExpired()
    return this.#typists.delete(nameOf(transactionKey, userKey))
  }

  /** @returns where the person was typing until now, with who it is. */
  removeAll(userKey: string): { transactionKey: string; user: User }[] {
    this.#dropExpired()
    const removed = [...this.#typists.values()].filter(({ user }) => user.key === userKey)
    for (const { transactionKey } of removed) this.#typists.delete(nameOf(transactionKey, userKey))
    return removed
  }

  #dropExpired(): void {
    for (const [name, { expiresAt }] of this.#typists) {
      if (expiresAt.getTime() > Date.now()) break
      this.#typists.delete(name)
    }
  }
}

/** Neither part has a space. */
function nameOf(transactionKey: string, userKey: string): string {
  return `${transactionKey} ${userKey}`
}
