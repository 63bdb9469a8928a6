import type { User } from '../../generated/prisma/client.js'
import type { Database } from '../../platform/database.js'
import type { UserInput } from './user.js'

export class UserStore {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  find(userKey: string): Promise<User | null> {
    return this.#database.prisma.user.findUnique({ where: { key: userKey } })
  }

  findMany(userKeys: readonly string[]): Promise<User[]> {
    return this.#database.prisma.user.findMany({ where: { key: { in: [...userKeys] } } })
  }

  /** Makes the user or changes what the input says; what it leaves out stays. */
  upsert({ key, displayName, avatarUrl, status }: UserInput): Promise<User> {
    const given = {
      displayName,
      ...(avatarUrl !== undefined && { avatarUrl }),
      ...(status != null && { status }),
    }
    return this.#database.atomically((tx) =>
      tx.user.upsert({ where: { key }, create: { key, ...given }, update: given }),
    )
  }

  /** Of these users those who take or took part in a transaction that is `whose`. */
  async findSeated(
    userKeys: readonly string[],
    whose: { readonly participantKey: string } | { readonly partnerClientId: string },
  ): Promise<string[]> {
    const transaction =
      'participantKey' in whose ? { participants: { some: { userKey: whose.participantKey, leftAt: null } } } : whose
    const seats = await this.#database.prisma.participant.findMany({
      where: { userKey: { in: [...userKeys] }, transaction },
      select: { userKey: true },
      distinct: ['userKey'],
    })
    return seats.map(({ userKey }) => userKey)
  }
}
