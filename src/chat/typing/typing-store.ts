import type { Leases } from '../../events/leases.js'
import type { Database } from '../../platform/database.js'
import { TYPING_FOR_MS, type Typist } from './typing.js'

/** Who is typing, as the leases have it. */
export class TypingStore {
  readonly #leases: Leases
  readonly #database: Database

  constructor(leases: Leases, database: Database) {
    this.#leases = leases
    this.#database = database
  }

  /** Until when a person is typing unless they say so again; null when they aren't. */
  async expiryOf(transactionKey: string, userKey: string): Promise<Date | null> {
    const leases = (await this.#leases.read('typing', [transactionKey])).get(transactionKey) ?? []
    return leases.find(({ member }) => member === userKey)?.expiresAt ?? null
  }

  hold(transactionKey: string, userKey: string): Promise<void> {
    return this.#leases.hold('typing', transactionKey, userKey, TYPING_FOR_MS)
  }

  /** @returns whether the person was typing until now. */
  release(transactionKey: string, userKey: string): Promise<boolean> {
    return this.#leases.release('typing', transactionKey, userKey)
  }

  /**
   * Who is typing in each of these transactions and has a seat there, in the order of the transactions and of joining. One
   * reading of the leases, and one statement unless nobody types.
   */
  async typists(transactionKeys: readonly string[]): Promise<Typist[][]> {
    const leases = await this.#leases.read('typing', transactionKeys)
    const held = [...leases].flatMap(([transactionKey, all]) => all.map((lease) => ({ transactionKey, ...lease })))
    if (held.length === 0) return transactionKeys.map(() => [])
    const seats = await this.#database.prisma.participant.findMany({
      where: {
        OR: held.map(({ transactionKey, member }) => ({ transactionKey, userKey: member })),
        leftAt: null,
      },
      orderBy: [{ joinedAt: 'asc' }, { id: 'asc' }],
      include: { user: true },
    })
    return transactionKeys.map((key) =>
      seats.flatMap(({ transactionKey, userKey, user }) => {
        const lease = leases.get(key)?.find(({ member }) => member === userKey)
        return transactionKey === key && lease ? [{ user, expiresAt: lease.expiresAt }] : []
      }),
    )
  }
}
