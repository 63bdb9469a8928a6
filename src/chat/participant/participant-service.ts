import type { Viewer } from '../../auth/viewer.js'
import type { Participant } from '../../generated/prisma/client.js'
import type { TransactionPolicy } from '../transaction/transaction-policy.js'
import type { ParticipantStore } from './participant-store.js'

/** The seats of transactions, present and past. */
export class ParticipantService {
  readonly #participants: ParticipantStore
  readonly #policy: TransactionPolicy

  constructor(participants: ParticipantStore, policy: TransactionPolicy) {
    this.#participants = participants
    this.#policy = policy
  }

  /** Of these seats those that exist and whose transaction the viewer may see; past participants' too. */
  async findVisible(viewer: Viewer, participantIds: readonly string[]): Promise<Participant[]> {
    return this.#policy.onlyVisible(viewer, await this.#participants.findMany(participantIds))
  }
}
