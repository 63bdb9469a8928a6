import type { Participant } from '../../generated/prisma/client.js'
import type { Database } from '../../platform/database.js'

export class ParticipantStore {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  /** These seats, of present and past participants. */
  findMany(participantIds: readonly string[]): Promise<Participant[]> {
    return this.#database.prisma.participant.findMany({ where: { id: { in: [...participantIds] } } })
  }
}
