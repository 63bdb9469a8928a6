import type { GraphQLResolveInfo } from 'graphql'
import { NotFoundError } from '../../errors.js'
import type { Message, MessageType, Prisma, Transaction } from '../../generated/prisma/client.js'
import { loadForAll, loadPagesForAll } from '../../graphql/batch.js'
import type { Builder } from '../../graphql/builder.js'
import { type Connection, costOfPage, pageArguments, toConnection } from '../../graphql/connection.js'
import type { Context } from '../../graphql/context.js'
import { parseGlobalId, requireLocalId } from '../../graphql/global-id.js'
import { selectedRelations } from '../../graphql/selection.js'
import type { PageArgs } from '../page.js'
import { ENTRIES_PER_PAGE } from '../timeline/timeline.js'
import type { TransactionTypes } from '../transaction/transaction-schema.js'
import { type MessageConnectionRefs, type MessageRef, type MessageTypeRef, messageCursor } from './message-object.js'

interface Refs {
  readonly message: MessageRef
  readonly connection: MessageConnectionRefs['connection']
  readonly type: MessageTypeRef
  readonly transaction: TransactionTypes['transaction']
}

const WHEN_NEITHER =
  'With neither `first` nor `last`: 50; the oldest after the cursor if only `after` is given, otherwise the newest.'

export function addMessageQueries(builder: Builder, { message, connection, type, transaction }: Refs): void {
  const filter = addMessageFilter(builder, type)

  builder.prismaObjectFields(transaction, (t) => ({
    messages: t.field({
      type: connection,
      complexity: costOfPage(ENTRIES_PER_PAGE),
      description: 'What was said, oldest first: `last: 50` is the newest page, `before` scrolls up.',
      args: {
        ...pageArguments(t.arg, WHEN_NEITHER),
        filter: t.arg({ type: filter, description: 'Which ones. Null: all.' }),
      },
      resolve: (parent, args, context, info) => readMessages(parent, args, context, info),
    }),
    lastMessage: t.field({
      type: message,
      nullable: true,
      description: 'The newest message, even if it is deleted. Null before the first.',
      resolve: (parent, _args, context, info) => {
        const include = selectedRelations<Prisma.MessageInclude>({ context, info, typeName: 'Message' })
        return loadForAll({ context, info, parent }, (parents) => context.services.message.newest(parents, include))
      },
    }),
  }))

  builder.queryFields((t) => ({
    message: t.field({
      type: message,
      nullable: true,
      description:
        "The message of this id. Null when it doesn't exist or the viewer may not see it: the two can't be told apart.",
      args: { id: t.arg.id({ required: true, description: 'The id of a message: `msg_…`.' }) },
      resolve: async (_root, { id }, context, info) => {
        const parsed = parseGlobalId(id)
        if (parsed?.kind !== 'Message') return null
        const include = selectedRelations<Prisma.MessageInclude>({ context, info, typeName: 'Message' })
        const [found] = await context.services.message.findVisible(context.viewer, [parsed.localId], include)
        return found
      },
    }),
    messages: t.field({
      type: connection,
      complexity: costOfPage(ENTRIES_PER_PAGE),
      description: 'What was said in a transaction, oldest first: `last: 50` is the newest page, `before` scrolls up.',
      args: {
        transactionId: t.arg.id({ required: true, description: 'The id of the transaction: `txn_…`.' }),
        ...pageArguments(t.arg, WHEN_NEITHER),
        filter: t.arg({ type: filter, description: 'Which ones. Null: all.' }),
      },
      resolve: async (_root, args, context, info) => {
        const access = await context.accessTo(requireLocalId('Transaction', args.transactionId, 'transactionId'))
        if (!access) throw new NotFoundError('transaction', 'transactionId')
        return readMessages(access.transaction, args, context, info)
      },
    }),
  }))
}

function addMessageFilter(builder: Builder, type: MessageTypeRef) {
  return builder.inputType('MessageFilter', {
    description: 'Which messages are wanted; all conditions hold together.',
    fields: (t) => ({
      types: t.field({ type: [type], description: 'Only these kinds. Null: all.' }),
      senderId: t.id({ description: "Only this person's: `usr_…`. Null: everyone's." }),
      sentAfter: t.field({ type: 'DateTime', description: 'Only those sent at this instant or later.' }),
      sentBefore: t.field({ type: 'DateTime', description: 'Only those sent before this instant.' }),
    }),
  })
}

interface FilterInput {
  readonly types?: readonly MessageType[] | null | undefined
  readonly senderId?: string | null | undefined
  readonly sentAfter?: Date | null | undefined
  readonly sentBefore?: Date | null | undefined
}

async function readMessages(
  transaction: Transaction,
  args: PageArgs & { filter?: FilterInput | null | undefined },
  context: Context,
  info: GraphQLResolveInfo,
): Promise<Connection<Message>> {
  const request = context.services.timeline.pageRequest(transaction, args)
  const { senderId, ...filter } = args.filter ?? {}
  const senderKey = senderId == null ? null : requireLocalId('User', senderId, 'senderId')
  const paths = [['edges', 'node'], ['nodes']]
  const include = selectedRelations<Prisma.MessageInclude>({ context, info, typeName: 'Message', paths })
  const page = await loadPagesForAll({ context, info, parent: transaction }, request.size, (transactions) =>
    context.services.message.pages(
      transactions.map(({ key }) => key),
      request,
      { ...filter, senderKey },
      include,
    ),
  )
  return toConnection(page, messageCursor)
}
