import type { GraphQLSchema } from 'graphql'
import { addInboxTypes } from '../chat/inbox/inbox-schema.js'
import { addMessageTypes } from '../chat/message/message-schema.js'
import { addParticipantTypes } from '../chat/participant/participant-schema.js'
import { addPresenceTypes } from '../chat/presence/presence-schema.js'
import { addReceiptTypes } from '../chat/receipt/receipt-schema.js'
import { addTimelineTypes } from '../chat/timeline/timeline-schema.js'
import { addTransactionMutations } from '../chat/transaction/transaction-mutations.js'
import { addTransactionTypes } from '../chat/transaction/transaction-schema.js'
import { addTypingTypes } from '../chat/typing/typing-schema.js'
import { addUserMutations } from '../chat/user/user-mutations.js'
import { addUserTypes } from '../chat/user/user-schema.js'
import { createBuilder } from './builder.js'
import { addPageInfo } from './connection.js'
import { measured } from './measured-schema.js'
import { addNode } from './node.js'
import { addNodeQueries } from './node-queries.js'
import { addScalars } from './scalars.js'

/** The schema of the API, room by room. A later room adds to the types of the earlier ones, never the other way round. */
export function createSchema(): GraphQLSchema {
  const builder = createBuilder()
  builder.queryType({ description: 'What can be read.' })
  builder.mutationType({ description: 'What can be done. A request has one of these fields.' })
  builder.subscriptionType({
    description:
      'What can be listened to. Subscriptions with `after` lose nothing: they first deliver all that came after that cursor, however long ago, in order and each once, and then go on live; without it, they begin with what comes next. A client that reconnects subscribes again with the newest cursor it has seen. The others deliver the latest state alone (who types, who has read how far, who is online, how a list of conversations stands): read that state once they are set up. When the viewer loses access to a transaction, its subscriptions end with an error (NOT_FOUND), never with a plain complete.',
  })
  addScalars(builder)
  const node = addNode(builder)
  const pageInfo = addPageInfo(builder)
  const { user, viewer } = addUserTypes(builder, node)
  const { transaction, status } = addTransactionTypes(builder, { node, pageInfo })
  const { participant, role } = addParticipantTypes(builder, { node, transaction })
  addUserMutations(builder, { user })
  addTransactionMutations(builder, { transaction, status, role })
  const { entry } = addTimelineTypes(builder, { node, pageInfo, transaction, status, role })
  const { message } = addMessageTypes(builder, { node, pageInfo, transaction, entry })
  addReceiptTypes(builder, { transaction, participant, message, viewer })
  addTypingTypes(builder, { transaction, user })
  addPresenceTypes(builder, { user })
  addInboxTypes(builder, { transaction, viewer })
  addNodeQueries(builder, node)
  return measured(builder.toSchema({ sortSchema: true }))
}
