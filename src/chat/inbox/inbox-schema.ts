import type { Prisma } from '../../generated/prisma/client.js'
import type { Builder } from '../../graphql/builder.js'
import { globalId } from '../../graphql/global-id.js'
import { selectedRelations } from '../../graphql/selection.js'
import type { TransactionTypes } from '../transaction/transaction-schema.js'
import type { UserTypes } from '../user/user-schema.js'
import type { InboxUpdate } from './inbox.js'

type Refs = Pick<TransactionTypes, 'transaction'> & Pick<UserTypes, 'viewer'>

export function addInboxTypes(builder: Builder, { transaction, viewer }: Refs): void {
  const change = builder.objectRef<InboxUpdate>('InboxChange').implement({
    description: "One of the viewer's transactions as it is now, after it moved, came or went.",
    fields: (t) => ({
      transactionId: t.id({
        description: 'Which transaction: `txn_…`. Also when it left the list.',
        resolve: ({ transactionKey }) => globalId('Transaction', transactionKey),
      }),
      transaction: t.field({
        type: transaction,
        nullable: true,
        description: "The transaction. Null when it left the viewer's list: they take no part in it any more.",
        resolve: async (update, _args, context, info) => {
          if (!update.transaction) return null
          // Below it, fields read on by themselves.
          context.noteReading(update.transactionKey)
          const include = selectedRelations<Prisma.TransactionInclude>({ context, info, typeName: 'Transaction' })
          if (include === undefined) return update.transaction
          const found = await context.services.transaction.find(context.viewer, update.transactionKey, include)
          return found ?? update.revoke().transaction
        },
      }),
      viewer: t.field({
        type: viewer,
        description: 'The viewer, with the new `unreadCount`.',
        resolve: (_update, _args, context) => context.viewer,
      }),
    }),
  })

  builder.subscriptionField('inboxChanged', (t) =>
    t.field({
      type: change,
      description:
        "For a user's list of conversations: one of them moved, came or went. A transaction moves when a message is sent, edited or deleted, when its status, its title or who takes part changes, and when the viewer's own read position does, on whichever device. Each is delivered as it is by then, at most four times a second, and always as it is in the end. It begins with what comes next, and goes on until it is ended; for users only.",
      subscribe: (_root, _args, context) => context.services.inbox.follow(context.viewer),
      resolve: (update) => update,
    }),
  )
}
