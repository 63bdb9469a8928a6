import type { User } from '../../generated/prisma/client.js'
import type { Database } from '../../platform/database.js'
import { READ_INACTIVE, READ_SHARING, WRITE_LAST_SEEN } from './presence-statement.js'

/** By the keys of people, when each was last seen; null when never. */
export type LastSeen = ReadonlyMap<string, Date | null>

export class PresenceStore {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  /** Of these people those who are not ACTIVE. One statement. */
  async findInactive(userKeys: readonly string[]): Promise<string[]> {
    const rows = await this.#database.query<{ key: string }>(READ_INACTIVE, [userKeys])
    return rows.map(({ key }) => key)
  }

  /** Notes when people were seen, in one statement. An instant never goes back. */
  async writeLastSeen(seen: ReadonlyMap<string, Date>): Promise<void> {
    await this.#database.query(WRITE_LAST_SEEN, [[...seen.keys()], [...seen.values()]])
  }

  /** Of these people the viewer and those who share a current transaction with them. One statement. */
  async findSharing(viewerKey: string, userKeys: readonly string[]): Promise<LastSeen> {
    const rows = await this.#database.query<{ key: string; lastSeenAt: Date | null }>(READ_SHARING, [
      viewerKey,
      userKeys,
    ])
    return new Map(rows.map(({ key, lastSeenAt }) => [key, lastSeenAt]))
  }

  findMany(userKeys: readonly string[]): Promise<User[]> {
    return this.#database.prisma.user.findMany({ where: { key: { in: [...userKeys] } } })
  }

  /** Who takes part in a transaction at present. */
  findParticipants(transactionKey: string): Promise<User[]> {
    return this.#database.prisma.user.findMany({
      where: { participations: { some: { transactionKey, leftAt: null } } },
    })
  }
}
