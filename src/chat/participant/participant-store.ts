import type { Participant, Prisma } from '../../generated/prisma/client.js'
import type { Database } from '../../platform/database.js'

export class ParticipantStore {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  /** These seats, of present and past participants, with whatever else `include` asks for. */
  findMany(participantIds: readonly string[], include?: Prisma.ParticipantInclude): Promise<Participant[]> {
    return this.#database.prisma.participant.findMany({
      where: { id: { in: [...participantIds] } },
      ...(include && { include }),
    })
  }

  /** Of each of these transactions who takes part at present, in their order and in one statement; each list in the order of joining. */
  async seatedIn(transactionKeys: readonly string[], include?: Prisma.ParticipantInclude): Promise<Participant[][]> {
    const seats = await this.#database.prisma.participant.findMany({
      where: { transactionKey: { in: [...transactionKeys] }, leftAt: null },
      orderBy: [{ joinedAt: 'asc' }, { id: 'asc' }],
      ...(include && { include }),
    })
    const lists = new Map<string, Participant[]>(transactionKeys.map((transactionKey) => [transactionKey, []]))
    for (const seat of seats) lists.get(seat.transactionKey)?.push(seat)
    return transactionKeys.map((transactionKey) => lists.get(transactionKey) ?? [])
  }
}
