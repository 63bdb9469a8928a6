import type { GraphQLResolveInfo } from 'graphql'
import type { LiveEntry } from '../../events/topics.js'
import type { Message, Prisma } from '../../generated/prisma/client.js'
import type { Builder } from '../../graphql/builder.js'
import type { Edge } from '../../graphql/connection.js'
import type { Context } from '../../graphql/context.js'
import { withSelectedRelations } from '../../graphql/selection.js'
import { encodeCursor } from '../timeline/timeline-cursor.js'
import { follow, followArguments } from '../timeline/timeline-follow.js'
import type { MessageConnectionRefs, MessageRef } from './message-object.js'

interface Refs {
  readonly message: MessageRef
  readonly edge: MessageConnectionRefs['edge']
}

export function addMessageSubscriptions(builder: Builder, { message, edge }: Refs): void {
  const change = builder.objectRef<Edge<Message>>('MessageChange').implement({
    description: 'A message that was edited or deleted, with where in the timeline that happened.',
    fields: (t) => ({
      cursor: t.exposeString('cursor', {
        description: 'Where in the timeline it changed: subscribe again from here with `after`.',
      }),
      message: t.field({ type: message, description: 'The message as it is now.', resolve: ({ node }) => node }),
    }),
  })

  builder.subscriptionFields((t) => ({
    messageAdded: t.field({
      type: edge,
      description:
        "New messages, the viewer's own and SYSTEM messages too. One that was deleted in the meantime comes as a tombstone.",
      args: followArguments(t.arg),
      subscribe: (_root, args, context) => follow(context, args, ['MESSAGE_SENT']),
      resolve: (entry, _args, context, info) => messageOf(entry, 'node', context, info),
    }),
    messageChanged: t.field({
      type: change,
      description: 'Messages that were edited or deleted, as they are now.',
      args: followArguments(t.arg),
      subscribe: (_root, args, context) => follow(context, args, ['MESSAGE_EDITED', 'MESSAGE_DELETED']),
      resolve: (entry, _args, context, info) => messageOf(entry, 'message', context, info),
    }),
  }))
}

/** The message that an entry is about, with the entry's cursor. `path` is where the answer has the message. */
async function messageOf(
  { transactionKey, position, message }: LiveEntry,
  path: string,
  context: Context,
  info: GraphQLResolveInfo,
): Promise<Edge<Message>> {
  if (!message) throw new TypeError(`Entry ${position} of ${transactionKey} has no message`)
  const selection = { context, info, typeName: 'Message', paths: [[path]] }
  const node = await withSelectedRelations<Message, Prisma.MessageInclude>(message, selection, async (include) => {
    const [found] = await context.services.message.findVisible(context.viewer, [message.id], include)
    return found
  })
  return { cursor: encodeCursor(transactionKey, position), node }
}
