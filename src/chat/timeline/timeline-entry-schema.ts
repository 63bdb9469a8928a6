import type { Builder } from '../../graphql/builder.js'
import type { NodeRef } from '../../graphql/node.js'
import type { ParticipantTypes } from '../participant/participant-schema.js'
import type { TransactionTypes } from '../transaction/transaction-schema.js'
import { entryData } from './timeline.js'
import type { TimelineEntryRef } from './timeline-entry-interface.js'

/** The entries that are not about messages. */
export function addEntryTypes(
  builder: Builder,
  {
    node,
    entry,
    status,
    role,
  }: { node: NodeRef; entry: TimelineEntryRef; status: TransactionTypes['status']; role: ParticipantTypes['role'] },
) {
  const interfaces = [node, entry]

  const statusChanged = builder.prismaObject('TimelineEntry', {
    variant: 'StatusChanged',
    description: 'The transaction moved to another status, or was registered with its first.',
    interfaces,
    fields: (t) => ({
      transaction: t.relation('transaction', { description: 'The deal whose status changed, as it is now.' }),
      previousStatus: t.field({
        type: status,
        nullable: true,
        description: 'The status before. Null for the first.',
        resolve: (row) => entryData(row, 'STATUS_CHANGED').previousStatus,
      }),
      status: t.field({
        type: status,
        description: 'The status from then on.',
        resolve: (row) => entryData(row, 'STATUS_CHANGED').status,
      }),
      message: t.string({
        nullable: true,
        description:
          'What the participants are shown beside the new status. It is a SYSTEM message too, the next entry. Null when nothing was said.',
        resolve: (row) => entryData(row, 'STATUS_CHANGED').message,
      }),
    }),
  })

  builder.prismaObject('TimelineEntry', {
    variant: 'ParticipantJoined',
    description: 'Somebody takes part from here on. A change of role is a ParticipantLeft and a ParticipantJoined.',
    interfaces,
    fields: (t) => ({
      user: t.relation('user', { nullable: false, onNull: 'error', description: 'Who joined.' }),
      role: t.field({
        type: role,
        description: 'As what they take part.',
        resolve: (row) => entryData(row, 'PARTICIPANT_JOINED').role,
      }),
    }),
  })

  builder.prismaObject('TimelineEntry', {
    variant: 'ParticipantLeft',
    description: 'Somebody takes no part any more, or not in this role.',
    interfaces,
    fields: (t) => ({
      user: t.relation('user', { nullable: false, onNull: 'error', description: 'Who left.' }),
      role: t.field({
        type: role,
        description: 'As what they took part.',
        resolve: (row) => entryData(row, 'PARTICIPANT_LEFT').role,
      }),
    }),
  })

  return { statusChanged }
}
