import type { TimelineEntryKind } from '../../generated/prisma/client.js'
import type { ArgumentBuilder } from '../../graphql/builder.js'
import type { Context } from '../../graphql/context.js'
import { requireLocalId } from '../../graphql/global-id.js'
import type { TimelineSubscription } from './timeline-subscription.js'

/** The arguments of every subscription that follows a timeline. */
export function followArguments(arg: ArgumentBuilder) {
  return {
    transactionId: arg.id({ required: true, description: 'The id of the transaction: `txn_…`.' }),
    after: arg.string({
      description:
        'Any cursor of the transaction. First comes all that happened after it, however long ago, in order and each once; then what happens. Null: what happens from now on. When you subscribe again, give the newest cursor you have seen.',
    }),
  }
}

/** What a subscription listens to: entries of these kinds, if the viewer may see the transaction. */
export function follow(
  context: Context,
  { transactionId, after }: { transactionId: string; after?: string | null | undefined },
  kinds: readonly TimelineEntryKind[],
): Promise<TimelineSubscription> {
  const transactionKey = requireLocalId('Transaction', transactionId, 'transactionId')
  return context.services.timeline.follow(context.viewer, transactionKey, { after, kinds })
}
