import type { Message } from '../../generated/prisma/client.js'
import type { Builder } from '../../graphql/builder.js'
import { addConnection, type PageInfoRef } from '../../graphql/connection.js'
import type { NodeRef } from '../../graphql/node.js'
import type { TimelineEntryRef } from '../timeline/timeline-entry-interface.js'
import type { TransactionTypes } from '../transaction/transaction-schema.js'
import { addMessageEntryTypes } from './message-entry-schema.js'
import { addMessageMutations } from './message-mutations.js'
import { addMessageObject } from './message-object.js'
import { addMessageQueries } from './message-queries.js'
import { addMessageSubscriptions } from './message-subscriptions.js'

interface Parts {
  readonly node: NodeRef
  readonly pageInfo: PageInfoRef
  readonly transaction: TransactionTypes['transaction']
  readonly entry: TimelineEntryRef
}

export function addMessageTypes(builder: Builder, { node, pageInfo, transaction, entry }: Parts) {
  const { message, type } = addMessageObject(builder, node)
  const { connection, edge } = addConnection<Message>(builder, {
    name: 'Message',
    node: message,
    pageInfo,
    what: 'a message',
  })
  addMessageQueries(builder, { message, connection, type, transaction })
  addMessageMutations(builder, { message, edge })
  addMessageSubscriptions(builder, { message, edge })
  addMessageEntryTypes(builder, { node, entry })
  return { message }
}

export type MessageTypes = ReturnType<typeof addMessageTypes>
