import type { Participant, Prisma } from '../../generated/prisma/client.js'
import type { Builder } from '../../graphql/builder.js'
import { withSelectedRelations } from '../../graphql/selection.js'
import type { ParticipantTypes } from '../participant/participant-schema.js'
import { followedKey, transactionArgument } from '../timeline/timeline-follow.js'

export function addReceiptSubscriptions(
  builder: Builder,
  { participant }: Pick<ParticipantTypes, 'participant'>,
): void {
  builder.subscriptionField('messagesRead', (t) =>
    t.field({
      type: participant,
      description:
        'Participants who have read further, the viewer too, each with the new `lastReadSequence`. A passing state: only the latest counts, and what happens while nobody listens is not told. Read `participants` once it is set up.',
      args: transactionArgument(t.arg),
      subscribe: (_root, args, context) => context.services.receipt.follow(context.viewer, followedKey(args)),
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
