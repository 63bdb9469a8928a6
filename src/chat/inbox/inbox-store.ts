import type { Transaction } from '../../generated/prisma/client.js'
import type { Database } from '../../platform/database.js'
import type { InboxState, SeatKey, Stamps } from './inbox.js'
import { READ_FINGERPRINTS, READ_STAMPS, READ_STATES } from './inbox-statement.js'

type StateRow = Transaction & { readonly userKey: string; readonly stamp: string }

export class InboxStore {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  /** How these transactions stand, in the order of what is asked and in one statement; null where there is no seat. */
  async read(seats: readonly SeatKey[]): Promise<(InboxState | null)[]> {
    const asked = [...new Map(seats.map((seat) => [nameOf(seat), seat])).values()]
    const rows = await this.#database.query<StateRow>(READ_STATES, [
      asked.map(({ userKey }) => userKey),
      asked.map(({ transactionKey }) => transactionKey),
    ])
    const states = new Map(
      rows.map(({ userKey, stamp, ...transaction }) => [
        nameOf({ userKey, transactionKey: transaction.key }),
        { transaction, stamp: BigInt(stamp) },
      ]),
    )
    return seats.map((seat) => states.get(nameOf(seat)) ?? null)
  }

  /** By user, the stamps of all in their lists, in one statement; who has none is missing. */
  async stamps(userKeys: readonly string[]): Promise<Map<string, Stamps>> {
    const rows = await this.#database.query<SeatKey & { stamp: string }>(READ_STAMPS, [userKeys])
    const byUser = new Map<string, Map<string, bigint>>()
    for (const { userKey, transactionKey, stamp } of rows) {
      const stamps = byUser.get(userKey) ?? new Map<string, bigint>()
      byUser.set(userKey, stamps.set(transactionKey, BigInt(stamp)))
    }
    return byUser
  }

  /** By user, the sum of those stamps, in one statement; who has none is missing. */
  async fingerprints(userKeys: readonly string[]): Promise<Map<string, bigint>> {
    const rows = await this.#database.query<{ userKey: string; fingerprint: string }>(READ_FINGERPRINTS, [userKeys])
    return new Map(rows.map(({ userKey, fingerprint }) => [userKey, BigInt(fingerprint)]))
  }

  /** Whether an error that came from here means that the database couldn't be asked: later it may well answer. */
  isUnavailable(error: unknown): boolean {
    return this.#database.isUnavailable(error)
  }
}

/** No key has a space. */
function nameOf({ userKey, transactionKey }: SeatKey): string {
  return `${userKey} ${transactionKey}`
}
