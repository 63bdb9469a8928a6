import type { Participant, Prisma } from '../../generated/prisma/client.js'
import { loadForAll } from '../../graphql/batch.js'
import type { Builder } from '../../graphql/builder.js'
import { requireLocalId } from '../../graphql/global-id.js'
import { selectedRelations, withSelectedRelations } from '../../graphql/selection.js'
import type { MessageTypes } from '../message/message-schema.js'
import type { ParticipantTypes } from '../participant/participant-schema.js'

type Refs = Pick<MessageTypes, 'message'> & Pick<ParticipantTypes, 'participant'>

/** How the others see that somebody has read. */
export function addReceipts(builder: Builder, { message, participant }: Refs): void {
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

  builder.subscriptionField('messagesRead', (t) =>
    t.field({
      type: participant,
      description:
        'Participants who have read further, the viewer too, each with the new `lastReadSequence`. A passing state: only the latest counts, and what happens while nobody listens is not told. Read `participants` once it is set up.',
      args: { transactionId: t.arg.id({ required: true, description: 'The id of the transaction: `txn_…`.' }) },
      subscribe: (_root, { transactionId }, context) =>
        context.services.receipt.follow(context.viewer, requireLocalId('Transaction', transactionId, 'transactionId')),
      resolve: (seat, _args, context, info) =>
        withSelectedRelations<Participant, Prisma.ParticipantInclude>(
          seat,
          { context, info, typeName: 'Participant' },
          async (include) => {
            const [found] = await context.services.participant.findVisible(context.viewer, [seat.id], include)
            return found
          },
        ),
    }),
  )
}
