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
}
