import { brandWithType, type OutputType, type SchemaTypes } from '@pothos/core'
import { ENTRY_TYPE_NAMES } from '../chat/timeline/timeline-entry-interface.js'
import { BadUserInputError } from '../errors.js'
import type { Builder } from './builder.js'
import type { Context } from './context.js'
import { entryId, globalId, type NodeKind, parseEntryId, parseGlobalId } from './global-id.js'
import type { NodeRef } from './node.js'

const MAX_NODES = 100

/** `node` and `nodes`: anything by its id, through the same policies as every other way to it. */
export function addNodeQueries(builder: Builder, node: NodeRef): void {
  builder.queryFields((t) => ({
    node: t.field({
      type: node,
      nullable: true,
      description: "The object with this id. Null when it is malformed, doesn't exist, or the viewer may not see it.",
      args: { id: t.arg.id({ required: true, description: 'The id of anything.' }) },
      resolve: async (_root, { id }, context) => (await findNodes([id], context))[0],
    }),
    nodes: t.field({
      type: [node],
      nullable: { list: false, items: true },
      complexity: ({ ids }) => ({ field: 1, multiplier: ids.length <= MAX_NODES ? ids.length : 1 }),
      description:
        'The objects with these ids, in their order; null in the place of each that `node` would give null for.',
      args: { ids: t.arg.idList({ required: true, description: `At most ${MAX_NODES} ids, of anything.` }) },
      resolve: (_root, { ids }, context) => {
        if (ids.length <= MAX_NODES) return findNodes(ids, context)
        throw new BadUserInputError(`\`ids\` takes at most ${MAX_NODES} ids; ${ids.length} were given.`, {
          field: 'ids',
          limit: MAX_NODES,
        })
      },
    }),
  }))
}

/** A few statements for each kind of thing, however many are asked for. */
async function findNodes(ids: readonly string[], context: Context): Promise<(object | null)[]> {
  const wanted = new Map<NodeKind, string[]>()
  for (const id of new Set(ids)) {
    const parsed = parseGlobalId(id)
    if (parsed) wanted.set(parsed.kind, [...(wanted.get(parsed.kind) ?? []), parsed.localId])
  }
  const found = await Promise.all([...wanted].map(([kind, localIds]) => FINDERS[kind](localIds, context)))
  const byId = new Map(
    found.flat().map(({ id, node, typeName }) => {
      // A row doesn't show of which type it is.
      brandWithType(node, typeName as OutputType<SchemaTypes>)
      return [id, node]
    }),
  )
  return ids.map((id) => byId.get(id) ?? null)
}

/** A row, the id that it is asked for by, and the name of its GraphQL type. */
interface Found {
  readonly id: string
  readonly node: object
  readonly typeName: string
}

const FINDERS: Readonly<Record<NodeKind, (localIds: readonly string[], context: Context) => Promise<Found[]>>> = {
  async User(userKeys, { services, viewer }) {
    const users = await services.user.findVisible(viewer, userKeys)
    return users.map((node) => ({ node, id: globalId('User', node.key), typeName: 'User' }))
  },
  async Transaction(transactionKeys, { services, viewer }) {
    const transactions = await services.transaction.findVisible(viewer, transactionKeys)
    return transactions.map((node) => ({ node, id: globalId('Transaction', node.key), typeName: 'Transaction' }))
  },
  async Participant(participantIds, { services, viewer }) {
    const participants = await services.participant.findVisible(viewer, participantIds)
    return participants.map((node) => ({ node, id: globalId('Participant', node.id), typeName: 'Participant' }))
  },
  async Message(messageIds, { services, viewer }) {
    const messages = await services.message.findVisible(viewer, messageIds)
    return messages.map((node) => ({ node, id: globalId('Message', node.id), typeName: 'Message' }))
  },
  async TimelineEntry(localIds, { services, viewer }) {
    const entries = await services.timeline.findVisible(viewer, localIds.map(parseEntryId))
    return entries.map((node) => ({
      node,
      id: entryId(node.transactionKey, node.position),
      typeName: ENTRY_TYPE_NAMES[node.kind],
    }))
  },
}
