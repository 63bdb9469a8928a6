import type { Viewer } from '../../auth/viewer.js'
import type { Participant, Prisma, Transaction } from '../../generated/prisma/client.js'
import type { TransactionPolicy } from '../transaction/transaction-policy.js'
import type { ParticipantStore } from './participant-store.js'

/** The seats of transactions, present and past. */
export class ParticipantService {
  readonly #participants: ParticipantStore
  readonly #transactionPolicy: TransactionPolicy

  constructor(participants: ParticipantStore, transactionPolicy: TransactionPolicy) {
    this.#participants = participants
    this.#transactionPolicy = transactionPolicy
  }

  /**
   * Of these seats those that exist and whose transaction the viewer may see, with what `include` asks for; past
   * participants' too.
   */
  async findVisible(
    viewer: Viewer,
    participantIds: readonly string[],
    include?: Prisma.ParticipantInclude,
  ): Promise<Participant[]> {
    return this.#transactionPolicy.onlyVisible(viewer, await this.#participants.findMany(participantIds, include))
  }

  /** Who takes part in each of these transactions. The caller has made sure that the viewer may see them. */
  seatedIn(transactions: readonly Transaction[], include?: Prisma.ParticipantInclude): Promise<Participant[][]> {
    return this.#participants.seatedIn(
      transactions.map(({ key }) => key),
      include,
    )
  }
}
