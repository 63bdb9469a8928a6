import { type Prisma, type TimelineEntry, TimelineEntryKind } from '../../generated/prisma/client.js'
import { loadPagesForAll } from '../../graphql/batch.js'
import type { Builder } from '../../graphql/builder.js'
import { addConnection, costOfPage, type PageInfoRef, pageArguments, toConnection } from '../../graphql/connection.js'
import type { NodeRef } from '../../graphql/node.js'
import { type SelectionOptions, selectedRelations, withSelectedRelations } from '../../graphql/selection.js'
import type { ParticipantTypes } from '../participant/participant-schema.js'
import type { TransactionTypes } from '../transaction/transaction-schema.js'
import { ENTRIES_PER_PAGE } from './timeline.js'
import { encodeCursor } from './timeline-cursor.js'
import { addEntryInterface } from './timeline-entry-interface.js'
import { addEntryTypes } from './timeline-entry-schema.js'
import { follow, followArguments } from './timeline-follow.js'

type Parts = { node: NodeRef; pageInfo: PageInfoRef } & Pick<TransactionTypes, 'transaction' | 'status'> &
  Pick<ParticipantTypes, 'role'>

export function addTimelineTypes(builder: Builder, { node, pageInfo, transaction, status, role }: Parts) {
  const entry = addEntryInterface(builder, node)
  const { statusChanged } = addEntryTypes(builder, { node, entry, status, role })
  const connection = addConnection<TimelineEntry>(builder, {
    name: 'Timeline',
    node: entry,
    pageInfo,
    what: 'a timeline entry',
  })

  builder.prismaObjectFields(transaction, (t) => ({
    timeline: t.field({
      type: connection.connection,
      complexity: costOfPage(ENTRIES_PER_PAGE),
      description: 'Everything that happened here and is kept, oldest first: the audit trail.',
      args: pageArguments(
        t.arg,
        'With neither `first` nor `last`: 50; the oldest after the cursor if only `after` is given, otherwise the newest.',
      ),
      resolve: async (parent, args, context, info) => {
        const request = context.services.timeline.pageRequest(parent, args)
        const paths = [['edges', 'node'], ['nodes']]
        const include = selectedRelations<Prisma.TimelineEntryInclude>({
          context,
          info,
          typeName: 'TimelineEntry',
          paths,
        })
        const page = await loadPagesForAll({ context, info, parent }, request.size, (parents) =>
          context.services.timeline.pages(
            parents.map(({ key }) => key),
            request,
            include,
          ),
        )
        return toConnection(page, ({ position }) => encodeCursor(parent.key, position))
      },
    }),
    timelineCursor: t.string({
      description:
        'Where the timeline stood, at the latest, when this was read. Read it with the first page of messages and give it to subscriptions as `after`: nothing falls between page and subscription, not even the first message of all.',
      resolve: async ({ key, timelinePosition }, _args, context) => {
        // A page beside this field was read after the access, but maybe before this row: the earlier of the two counts.
        const access = await context.accessTo(key)
        return encodeCursor(key, Math.min(timelinePosition, access?.transaction.timelinePosition ?? timelinePosition))
      },
    }),
  }))

  const statusChange = builder.objectRef<TimelineEntry>('TransactionStatusChange').implement({
    description: 'A status change, with where in the timeline it happened.',
    fields: (t) => ({
      cursor: t.string({
        description: 'Its place in the timeline: subscribe again from here with `after`.',
        resolve: ({ transactionKey, position }) => encodeCursor(transactionKey, position),
      }),
      entry: t.field({ type: statusChanged, description: 'What changed.', resolve: (change) => change }),
    }),
  })

  builder.subscriptionFields((t) => ({
    timelineAdvanced: t.field({
      type: connection.edge,
      description:
        'Every timeline entry as it is committed, in one order: messages sent, edited and deleted, status changes, arrivals and departures.',
      args: followArguments(t.arg),
      subscribe: (_root, args, context) => follow(context, args, Object.values(TimelineEntryKind)),
      resolve: async (live, _args, context, info) => {
        const node = await entryOf(live, { context, info, typeName: 'TimelineEntry', paths: [['node']] })
        return { cursor: encodeCursor(live.transactionKey, live.position), node }
      },
    }),
    transactionStatusChanged: t.field({
      type: statusChange,
      description: 'Changes of the status.',
      args: followArguments(t.arg),
      subscribe: (_root, args, context) => follow(context, args, ['STATUS_CHANGED']),
      resolve: (live, _args, context, info) =>
        entryOf(live, { context, info, typeName: 'StatusChanged', paths: [['entry']] }),
    }),
  }))

  return { entry }
}

/** An entry that came live, with all that the answer asks for. */
function entryOf(live: TimelineEntry, selection: SelectionOptions): Promise<TimelineEntry> {
  const { services, viewer } = selection.context
  return withSelectedRelations<TimelineEntry, Prisma.TimelineEntryInclude>(live, selection, async (include) => {
    const [found] = await services.timeline.findVisible(viewer, [live], include)
    return found
  })
}
