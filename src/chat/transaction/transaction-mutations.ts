import type { EnumRef } from '@pothos/core'
import type { ParticipantRole, Transaction } from '../../generated/prisma/client.js'
import type { Builder, BuilderTypes } from '../../graphql/builder.js'
import { requireLocalId } from '../../graphql/global-id.js'
import { requirePlatform } from '../user/user-policy.js'
import type { TransactionTypes } from './transaction-schema.js'

interface Refs extends TransactionTypes {
  /** Of a later room. */
  readonly role: EnumRef<BuilderTypes, ParticipantRole>
}

/** What the platform's backend says of its deals. */
export function addTransactionMutations(builder: Builder, { transaction, status, role }: Refs): void {
  const upsertion = addUpsertInput(builder, { status, role })
  const change = addStatusInput(builder, status)
  const upserted = addPayload(builder, 'UpsertTransactionPayload', transaction)
  const changed = addPayload(builder, 'ChangeTransactionStatusPayload', transaction)

  builder.mutationFields((t) => ({
    upsertTransaction: t.field({
      type: upserted,
      description:
        'Registers a transaction, or brings it to what the input says; for the platform. Whoever is left out of `participants` has left and sees nothing of it any more; whoever comes back sees all of it again. It is safe to repeat: the same again changes nothing.',
      args: {
        input: t.arg({ type: upsertion, required: true, description: 'Which transaction, and how it shall be.' }),
      },
      resolve: (_root, { input: { participants, ...given } }, { viewer, services }) =>
        services.transaction.upsert(requirePlatform(viewer), {
          ...given,
          participants: participants.map(({ userId, role }, index) => ({
            userKey: requireLocalId('User', userId, `participants[${index}].userId`),
            role,
          })),
        }),
    }),
    changeTransactionStatus: t.field({
      type: changed,
      description:
        'Moves a transaction to another status, and tells its participants; for the platform, which decides what may follow what. The status that it has already changes nothing.',
      args: {
        input: t.arg({ type: change, required: true, description: 'Which transaction, and where it stands now.' }),
      },
      resolve: (_root, { input: { transactionId, ...given } }, { viewer, services }) =>
        services.transaction.changeStatus(requirePlatform(viewer), {
          ...given,
          transactionKey: requireLocalId('Transaction', transactionId, 'transactionId'),
        }),
    }),
  }))
}

function addUpsertInput(builder: Builder, { status, role }: Pick<Refs, 'status' | 'role'>) {
  const participant = builder.inputType('ParticipantInput', {
    description: 'A person who takes part in a transaction.',
    fields: (t) => ({
      userId: t.id({ required: true, description: 'Who: `usr_…`, known by `upsertUser`.' }),
      role: t.field({ type: role, required: true, description: 'As what. Several may have one role.' }),
    }),
  })
  return builder.inputType('UpsertTransactionInput', {
    description: 'What the platform says of a transaction.',
    fields: (t) => ({
      key: t.string({
        required: true,
        description:
          "The platform's own id of the transaction: 1 to 64 of `A–Z a–z 0–9 . _ : @ -`. The API's id is `txn_` and the key.",
      }),
      title: t.string({
        required: true,
        description: 'What it is about, in a line: at most 200 characters, and at least one visible.',
      }),
      status: t.field({
        type: status,
        required: true,
        defaultValue: 'DRAFT',
        description:
          'Where a new transaction stands. Of one that is there already, `changeTransactionStatus` moves it.',
      }),
      partnerClientId: t.string({
        description:
          "Whose transaction it is: the `client_id` of that partner's tokens. Left out: as it is. Null: nobody's.",
      }),
      participants: t.field({
        type: [participant],
        required: true,
        description:
          'All who take part from now on, 1 to 50, each once. Whoever is left out has left; another role is left and joined.',
      }),
    }),
  })
}

function addStatusInput(builder: Builder, status: Refs['status']) {
  return builder.inputType('ChangeTransactionStatusInput', {
    description: 'A change of status.',
    fields: (t) => ({
      transactionId: t.id({ required: true, description: 'Which transaction: `txn_…`.' }),
      status: t.field({ type: status, required: true, description: 'Where it stands now.' }),
      message: t.string({
        description:
          'Shown to the participants beside the new status, and a SYSTEM message right after it; with the limits of `sendMessage`. Null: nothing is said.',
      }),
      idempotencyKey: t.string({
        description:
          "The platform's own key for this change, 1 to 128 printable characters unless the server is set otherwise. Used in this transaction before, it changes nothing, whatever is asked for: the answer has the transaction as it is now.",
      }),
    }),
  })
}

function addPayload(builder: Builder, name: string, transaction: Refs['transaction']) {
  return builder.objectRef<Transaction>(name).implement({
    description: 'What it came to.',
    fields: (t) => ({
      transaction: t.field({
        type: transaction,
        description: 'The transaction as it is now.',
        resolve: (row) => row,
      }),
    }),
  })
}
