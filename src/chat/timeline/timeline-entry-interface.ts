import type { TimelineEntryKind } from '../../generated/prisma/client.js'
import type { Builder } from '../../graphql/builder.js'
import { entryId } from '../../graphql/global-id.js'
import type { NodeRef } from '../../graphql/node.js'

/** The name of the type of each kind of entry. */
export const ENTRY_TYPE_NAMES = {
  MESSAGE_SENT: 'MessageSent',
  MESSAGE_EDITED: 'MessageEdited',
  MESSAGE_DELETED: 'MessageDeleted',
  STATUS_CHANGED: 'StatusChanged',
  PARTICIPANT_JOINED: 'ParticipantJoined',
  PARTICIPANT_LEFT: 'ParticipantLeft',
} as const satisfies Record<TimelineEntryKind, string>

export function addEntryInterface(builder: Builder, node: NodeRef) {
  return builder.prismaInterface('TimelineEntry', {
    description:
      'Something that happened to a transaction and is kept. Entries are only ever added. `position` is 1, 2, 3 … within the transaction, without a gap, in the order of commit.',
    interfaces: [node],
    resolveType: ({ kind }) => ENTRY_TYPE_NAMES[kind],
    fields: (t) => ({
      id: t.id({
        description: "`evt_`, the position, a dot, and the platform's key of the transaction: `evt_7.DEAL-1`.",
        resolve: ({ transactionKey, position }) => entryId(transactionKey, position),
      }),
      position: t.exposeInt('position'),
      occurredAt: t.expose('occurredAt', { type: 'DateTime' }),
      actor: t.relation('actor', { nullable: true, description: 'Who did it. Null when the platform did.' }),
    }),
  })
}

export type TimelineEntryRef = ReturnType<typeof addEntryInterface>
