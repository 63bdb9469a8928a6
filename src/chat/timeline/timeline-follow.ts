import type { TimelineEntryKind } from '../../generated/prisma/client.js'
import type { ArgumentBuilder } from '../../graphql/builder.js'
import type { Context } from '../../graphql/context.js'
import { requireLocalId } from '../../graphql/global-id.js'
import type { TimelineSubscription } from './timeline-subscription.js'

/** The argument of every subscription to a transaction. */
export function transactionArgument(arg: ArgumentBuilder) {
  return { transactionId: arg.id({ required: true, description: 'The id of the transaction: `txn_…`.' }) }
}

/** The arguments of every subscription that follows a timeline. */
export function followArguments(arg: ArgumentBuilder) {
  return {
    ...transactionArgument(arg),
    after: arg.string({
      description:
        'Any cursor of the transaction. Everything after it is delivered first, however long ago it was, in order and each once; then new entries as they are committed. Null: new entries only. When you subscribe again, give the newest cursor you have seen.',
    }),
  }
}

/** What a subscription listens to: entries of these kinds, if the viewer may see the transaction. */
export function follow(
  context: Context,
  { transactionId, after }: { transactionId: string; after?: string | null | undefined },
  kinds: readonly TimelineEntryKind[],
): Promise<TimelineSubscription> {
  return context.services.timeline.follow(context.viewer, followedKey({ transactionId }), { after, kinds })
}

/** @throws {BadUserInputError} when it is not the id of a transaction. */
export function followedKey({ transactionId }: { transactionId: string }): string {
  return requireLocalId('Transaction', transactionId, 'transactionId')
}
