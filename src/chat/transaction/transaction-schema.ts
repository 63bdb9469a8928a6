import type { Prisma, Transaction } from '../../generated/prisma/client.js'
import type { Builder } from '../../graphql/builder.js'
import { addConnection, costOfPage, type PageInfoRef, pageArguments, toConnection } from '../../graphql/connection.js'
import { globalId, parseGlobalId } from '../../graphql/global-id.js'
import type { NodeRef } from '../../graphql/node.js'
import { selectedRelations } from '../../graphql/selection.js'
import { TRANSACTIONS_PER_PAGE } from './transaction.js'
import { encodeTransactionCursor } from './transaction-cursor.js'

export function addTransactionTypes(builder: Builder, { node, pageInfo }: { node: NodeRef; pageInfo: PageInfoRef }) {
  const status = addTransactionStatus(builder)

  const transaction = builder.prismaObject('Transaction', {
    interfaces: [node],
    fields: (t) => ({
      id: t.id({
        description: "`txn_`, followed by the platform's key of the transaction.",
        resolve: ({ key }) => globalId('Transaction', key),
      }),
      title: t.exposeString('title'),
      status: t.expose('status', { type: status }),
      statusChangedAt: t.expose('statusChangedAt', { type: 'DateTime' }),
      createdAt: t.expose('createdAt', { type: 'DateTime' }),
      lastActivityAt: t.expose('lastActivityAt', { type: 'DateTime' }),
      messageCount: t.exposeInt('messageCount'),
    }),
  })

  const connection = addConnection<Transaction>(builder, {
    name: 'Transaction',
    node: transaction,
    pageInfo,
    what: 'a transaction',
  })

  const filter = builder.inputType('TransactionFilter', {
    description: 'Which transactions are wanted; all conditions hold together.',
    fields: (t) => ({
      statuses: t.field({ type: [status], description: 'Only those in one of these statuses. Null: in any.' }),
      unread: t.boolean({
        description: 'True: only those with unread messages. False: only those without. Null: both.',
      }),
    }),
  })

  builder.queryFields((t) => ({
    transaction: t.field({
      type: transaction,
      nullable: true,
      description:
        "The transaction of this id. Null when it doesn't exist or the viewer may not see it: the two can't be told apart.",
      args: { id: t.arg.id({ required: true, description: 'The id of a transaction: `txn_…`.' }) },
      resolve: (_root, { id }, context, info) => {
        const parsed = parseGlobalId(id)
        if (parsed?.kind !== 'Transaction') return null
        const include = selectedRelations<Prisma.TransactionInclude>({ context, info, typeName: 'Transaction' })
        return context.services.transaction.find(context.viewer, parsed.localId, include)
      },
    }),
    transactions: t.field({
      type: connection.connection,
      complexity: costOfPage(TRANSACTIONS_PER_PAGE),
      description:
        'Latest activity first. Participants see theirs, a partner those registered under its client, the platform all. A transaction that moves while one pages can be seen twice or not at all; everything else is stable.',
      args: {
        ...pageArguments(t.arg, 'With neither `first` nor `last`: the first 20.'),
        filter: t.arg({ type: filter, description: 'Which ones. Null: all that the viewer may see.' }),
      },
      resolve: async (_root, args, context, info) => {
        const paths = [['edges', 'node'], ['nodes']]
        const include = selectedRelations<Prisma.TransactionInclude>({ context, info, typeName: 'Transaction', paths })
        const page = await context.services.transaction.page(context.viewer, args, args.filter ?? {}, include)
        return toConnection(page, encodeTransactionCursor)
      },
    }),
  }))

  return { transaction, status }
}

export type TransactionTypes = ReturnType<typeof addTransactionTypes>

function addTransactionStatus(builder: Builder) {
  return builder.enumType('TransactionStatus', {
    description: "Where an escrow deal stands. Which status may follow which is the platform's decision.",
    values: {
      DRAFT: { description: 'Being drawn up; nothing is owed yet.' },
      AWAITING_PAYMENT: { description: "Agreed; the buyer's money has not arrived." },
      FUNDED: { description: 'The money is in escrow.' },
      SHIPPED: { description: 'The seller has sent the goods.' },
      DELIVERED: { description: 'The buyer has received the goods.' },
      DISPUTED: { description: 'Buyer and seller disagree; an arbiter decides.' },
      COMPLETED: { description: 'The seller has been paid. The deal is done.' },
      REFUNDED: { description: 'The buyer has the money back. The deal is done.' },
      CANCELLED: { description: 'Called off before any money moved.' },
    },
  })
}
