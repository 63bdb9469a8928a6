import { createContextCache } from '@pothos/core'
import DataLoader from 'dataloader'
import type { Builder } from '../../graphql/builder.js'
import type { Context } from '../../graphql/context.js'
import { followedKey, transactionArgument } from '../timeline/timeline-follow.js'
import type { UserTypes } from '../user/user-schema.js'
import type { Presence } from './presence.js'

/** All people whom an answer names are looked up together. */
const presencesOf = createContextCache(
  (context: Context) =>
    new DataLoader<string, Presence>((userKeys) => context.services.presence.find(context.viewer, userKeys)),
)

export function addPresenceTypes(builder: Builder, { user }: Pick<UserTypes, 'user'>): void {
  builder.prismaObjectFields(user, (t) => ({
    isOnline: t.boolean({
      description:
        'Whether the person is connected over a WebSocket, with any device. It is told to themselves, to those who share a current transaction with them, and to the platform; to everybody else they are offline.',
      resolve: async ({ key }, _args, context) => (await presencesOf(context).load(key)).isOnline,
    }),
    lastSeenAt: t.field({
      type: 'DateTime',
      nullable: true,
      description:
        'While the person is online, since when; otherwise when they were last connected. Null when they never were, or when the viewer is not told (see `isOnline`).',
      resolve: async ({ key }, _args, context) => (await presencesOf(context).load(key)).lastSeenAt,
    }),
  }))

  builder.subscriptionField('presenceChanged', (t) =>
    t.field({
      type: user,
      description:
        'People of a transaction who come online or go offline, the viewer too; for participants and the platform. Whoever joins while online is told of, whoever has left no more. Of several changes of a person that wait for a slow reader the latest comes.',
      args: transactionArgument(t.arg),
      subscribe: (_root, args, context) => context.services.presence.follow(context.viewer, followedKey(args)),
      resolve: (changed, _args, context) => {
        presencesOf(context).prime(changed.user.key, changed.presence)
        return changed.user
      },
    }),
  )
}
