import type { Transaction } from '../../generated/prisma/client.js'

/** A person's place in a transaction. */
export interface SeatKey {
  readonly userKey: string
  readonly transactionKey: string
}

/** How a transaction stands for somebody who has a seat in it. */
export interface InboxState {
  readonly transaction: Transaction
  /** Another one whenever something of it moves that a list shows; of two states with the same, none is news. */
  readonly stamp: bigint
}

/** By transaction key, the stamps of all in which somebody has a seat. */
export type Stamps = ReadonlyMap<string, bigint>

/** What somebody is told of one of their transactions. */
export interface InboxUpdate {
  readonly transactionKey: string
  /** As it was read when the person had a seat; null when it left their list. */
  readonly transaction: Transaction | null
  /** The person lost the seat while this was being told: what they are told instead. */
  revoke(): InboxUpdate
}
