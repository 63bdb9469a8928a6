import type { Message } from '../../generated/prisma/client.js'
import type { Builder } from '../../graphql/builder.js'
import type { Context } from '../../graphql/context.js'
import type { NodeRef } from '../../graphql/node.js'
import { entryData } from '../timeline/timeline.js'
import type { TimelineEntryRef } from '../timeline/timeline-entry-interface.js'
import { seesDeletedContent } from '../transaction/transaction.js'

/** The timeline entries that are about messages. */
export function addMessageEntryTypes(
  builder: Builder,
  { node, entry }: { node: NodeRef; entry: TimelineEntryRef },
): void {
  const interfaces = [node, entry]

  builder.prismaObject('TimelineEntry', {
    variant: 'MessageSent',
    description: 'A message was sent.',
    interfaces,
    fields: (t) => ({
      message: t.relation('message', { nullable: false, onNull: 'error', description: 'The message as it is now.' }),
      content: t.string({
        nullable: true,
        description: 'As it was sent. Null once the message is deleted, except to an ARBITER and the platform.',
        select: { message: true },
        resolve: async (row, _args, context) =>
          (await mayShow(row.message, context)) ? entryData(row, 'MESSAGE_SENT').content : null,
      }),
    }),
  })

  builder.prismaObject('TimelineEntry', {
    variant: 'MessageEdited',
    description: 'A message was changed by its sender.',
    interfaces,
    fields: (t) => ({
      message: t.relation('message', { nullable: false, onNull: 'error', description: 'The message as it is now.' }),
      content: t.string({
        nullable: true,
        description: 'As this edit left it. Null once the message is deleted, except to an ARBITER and the platform.',
        select: { message: true },
        resolve: async (row, _args, context) =>
          (await mayShow(row.message, context)) ? entryData(row, 'MESSAGE_EDITED').content : null,
      }),
    }),
  })

  builder.prismaObject('TimelineEntry', {
    variant: 'MessageDeleted',
    description: 'A message was deleted by its sender. What it said is hidden from then on, from almost everyone.',
    interfaces,
    fields: (t) => ({
      message: t.relation('message', {
        nullable: false,
        onNull: 'error',
        description: 'The message as it is now: a tombstone.',
      }),
    }),
  })
}

/** Whether the viewer may read what was said in a message: until it is deleted everyone may, then two kinds. */
async function mayShow(message: Message | null, context: Context): Promise<boolean> {
  if (!message?.deletedAt) return true
  const access = await context.accessTo(message.transactionKey)
  return access !== null && seesDeletedContent(access.visibility)
}
