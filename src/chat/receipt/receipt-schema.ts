import type { Participant, Transaction } from '../../generated/prisma/client.js'
import type { Builder } from '../../graphql/builder.js'
import { requireLocalId } from '../../graphql/global-id.js'
import type { MessageTypes } from '../message/message-schema.js'
import type { ParticipantTypes } from '../participant/participant-schema.js'
import type { TransactionTypes } from '../transaction/transaction-schema.js'
import type { UserTypes } from '../user/user-schema.js'
import { unreadCountOf } from './receipt-service.js'
import { addReceipts } from './receipt-subscriptions.js'

type Refs = Pick<TransactionTypes, 'transaction'> &
  Pick<ParticipantTypes, 'participant'> &
  Pick<MessageTypes, 'message'> &
  Pick<UserTypes, 'viewer'>

export function addReceiptTypes(builder: Builder, { transaction, participant, message, viewer }: Refs): void {
  addReceipts(builder, { message, participant })
  builder.prismaObjectField(transaction, 'viewerUnreadCount', (t) =>
    t.int({
      description:
        "How many messages the viewer hasn't seen: those after what they last read or sent, and after they joined. 0 for a partner or the platform.",
      resolve: async ({ key }, _args, context) => {
        const access = await context.accessTo(key)
        return access ? unreadCountOf(access) : 0
      },
    }),
  )

  builder.objectField(viewer, 'unreadCount', (t) =>
    t.int({
      description: "Unread messages of all the viewer's transactions; 0 for a partner or the platform.",
      resolve: (asking, _args, context) => context.services.receipt.unreadCount(asking, null),
    }),
  )

  builder.queryField('unreadCount', (t) =>
    t.int({
      description: "Unread messages of one transaction, or of all of the viewer's.",
      args: {
        transactionId: t.arg.id({
          description: "The id of a transaction: `txn_…`. Null: all of the viewer's together.",
        }),
      },
      resolve: (_root, { transactionId }, context) => {
        const transactionKey =
          transactionId == null ? null : requireLocalId('Transaction', transactionId, 'transactionId')
        return context.services.receipt.unreadCount(context.viewer, transactionKey)
      },
    }),
  )

  const input = builder.inputType('MarkReadInput', {
    description: 'How far the viewer has read.',
    fields: (t) => ({
      transactionId: t.id({ required: true, description: 'Where: `txn_…`.' }),
      upToMessageId: t.id({
        required: true,
        description: 'The newest message that was shown: `msg_…`. A read position never moves back.',
      }),
    }),
  })
  const payload = builder.objectRef<Participant & { transaction: Transaction }>('MarkReadPayload').implement({
    description: 'Where the viewer stands now.',
    fields: (t) => ({
      transaction: t.field({
        type: transaction,
        description: 'The transaction, with the new `viewerUnreadCount`.',
        resolve: (seat) => seat.transaction,
      }),
      participant: t.field({
        type: participant,
        description: "The viewer's seat, with the new `lastReadSequence`.",
        resolve: (seat) => seat,
      }),
      viewer: t.field({
        type: viewer,
        description: 'The viewer, with the new `unreadCount`.',
        resolve: (_seat, _args, context) => context.viewer,
      }),
    }),
  })
  builder.mutationField('markRead', (t) =>
    t.field({
      type: payload,
      description:
        'Says that the viewer has read a transaction up to a message, that one included; for participants. The others are told so.',
      args: { input: t.arg({ type: input, required: true, description: 'Where, and how far.' }) },
      resolve: (_root, { input: { transactionId, upToMessageId } }, context) =>
        context.services.receipt.markRead(
          context.viewer,
          requireLocalId('Transaction', transactionId, 'transactionId'),
          requireLocalId('Message', upToMessageId, 'upToMessageId'),
        ),
    }),
  )
}
