import type { Prisma } from '../../generated/prisma/client.js'
import { loadForAll } from '../../graphql/batch.js'
import type { Builder } from '../../graphql/builder.js'
import { globalId } from '../../graphql/global-id.js'
import type { NodeRef } from '../../graphql/node.js'
import { selectedRelations } from '../../graphql/selection.js'
import type { TransactionTypes } from '../transaction/transaction-schema.js'

export function addParticipantTypes(
  builder: Builder,
  { node, transaction }: { node: NodeRef; transaction: TransactionTypes['transaction'] },
) {
  const role = builder.enumType('ParticipantRole', {
    description: 'The role in which a person takes part in a transaction.',
    values: {
      BUYER: { description: 'Pays for the goods.' },
      SELLER: { description: 'Provides the goods.' },
      AGENT: { description: 'Acts for one side or brought the deal about.' },
      ARBITER: { description: 'Decides disputes; sees what was deleted as well.' },
    },
  })

  const participant = builder.prismaObject('Participant', {
    interfaces: [node],
    fields: (t) => ({
      id: t.id({
        description: '`par_`, followed by a UUID.',
        resolve: ({ id }) => globalId('Participant', id),
      }),
      transaction: t.relation('transaction', { description: 'The deal in which the person takes part.' }),
      user: t.relation('user', { description: 'Who takes part.' }),
      role: t.expose('role', { type: role }),
      joinedAt: t.expose('joinedAt', { type: 'DateTime' }),
      leftAt: t.expose('leftAt', { type: 'DateTime', nullable: true }),
      lastReadSequence: t.exposeInt('lastReadSequence'),
      lastReadAt: t.expose('lastReadAt', { type: 'DateTime', nullable: true }),
    }),
  })

  builder.prismaObjectFields(transaction, (t) => ({
    // Not a relation of Prisma's: a transaction leads to its people and each of them back to it, so that what is asked for
    // below would be joined again for each of them, and for each of them again.
    participants: t.field({
      type: [participant],
      description: 'Who takes part at present, in the order in which they joined.',
      resolve: (parent, _args, context, info) => {
        // Of an event, the transaction itself may have come along without a look at the database.
        context.noteReading(parent.key)
        const include = selectedRelations<Prisma.ParticipantInclude>({ context, info, typeName: 'Participant' })
        return loadForAll({ context, info, parent }, (transactions) =>
          context.services.participant.seatedIn(transactions, include),
        )
      },
    }),
    viewerParticipant: t.field({
      type: participant,
      nullable: true,
      description: "The viewer's own seat at the table; null for a partner or the platform.",
      resolve: async ({ key }, _args, context) => (await context.accessTo(key))?.seat,
    }),
  }))

  return { participant, role }
}

export type ParticipantTypes = ReturnType<typeof addParticipantTypes>
