import type { Participant, Prisma, Transaction } from '../../generated/prisma/client.js'
import { loadForAll } from '../../graphql/batch.js'
import type { Builder } from '../../graphql/builder.js'
import { requireLocalId } from '../../graphql/global-id.js'
import { selectedRelations } from '../../graphql/selection.js'
import type { MessageTypes } from '../message/message-schema.js'
import type { ParticipantTypes } from '../participant/participant-schema.js'
import type { TransactionTypes } from '../transaction/transaction-schema.js'
import { requireUser } from '../user/user-policy.js'
import type { UserTypes } from '../user/user-schema.js'
import { unreadCountOf } from './receipt-service.js'
import { addReceiptSubscriptions } from './receipt-subscriptions.js'

type Refs = Pick<TransactionTypes, 'transaction'> &
  Pick<ParticipantTypes, 'participant'> &
  Pick<MessageTypes, 'message'> &
  Pick<UserTypes, 'viewer'>

export function addReceiptTypes(builder: Builder, { transaction, participant, message, viewer }: Refs): void {
  builder.prismaObjectField(message, 'readBy', (t) =>
    t.field({
      type: [participant],
      description:
        'Participants other than the sender who have said that they read it, at this moment, in the order in which they joined. Live clients derive it from `participants` and `messagesRead`.',
      resolve: (parent, _args, context, info) => {
        // Of an event, the message itself may have come along without a look at the database.
        context.noteReading(parent.transactionKey)
        const include = selectedRelations<Prisma.ParticipantInclude>({ context, info, typeName: 'Participant' })
        return loadForAll({ context, info, parent }, (messages) =>
          context.services.receipt.readersOf(messages, include),
        )
      },
    }),
  )

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
          requireUser(context.viewer),
          requireLocalId('Transaction', transactionId, 'transactionId'),
          requireLocalId('Message', upToMessageId, 'upToMessageId'),
        ),
    }),
  )

  addReceiptSubscriptions(builder, { participant })
}
