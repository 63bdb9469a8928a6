import type { Message } from '../../generated/prisma/client.js'
import type { Builder } from '../../graphql/builder.js'
import type { ConnectionRefs } from '../../graphql/connection.js'
import { globalId } from '../../graphql/global-id.js'
import type { NodeRef } from '../../graphql/node.js'
import { encodeCursor } from '../timeline/timeline-cursor.js'

/** The cursor of a message is the position at which it was sent. */
export function messageCursor({ transactionKey, position }: Pick<Message, 'transactionKey' | 'position'>): string {
  return encodeCursor(transactionKey, position)
}

export function addMessageObject(builder: Builder, node: NodeRef) {
  const type = builder.enumType('MessageType', {
    description: 'What kind of message it is.',
    values: {
      TEXT: { description: 'Words written by a participant.' },
      IMAGE: { description: 'One or more pictures, with or without a caption.' },
      SYSTEM: { description: 'Said by the platform, not by a person.' },
    },
  })
  const message = builder.prismaObject('Message', {
    interfaces: [node],
    fields: (t) => ({
      id: t.id({
        description: '`msg_`, followed by a UUID.',
        resolve: ({ id }) => globalId('Message', id),
      }),
      transaction: t.relation('transaction', { description: 'The deal in which it was said.' }),
      sequence: t.exposeInt('sequence'),
      type: t.expose('type', { type }),
      sender: t.relation('sender', { nullable: true, description: 'Who sent it. Null for SYSTEM.' }),
      content: t.exposeString('content', {
        nullable: true,
        description: 'What it says now. Null once deleted, and for an IMAGE without a caption.',
      }),
      replyTo: t.relation('replyTo', {
        nullable: true,
        description: 'The message that it answers, of the same transaction. Null when it answers none.',
      }),
      clientMessageId: t.exposeString('clientMessageId', { nullable: true }),
      createdAt: t.expose('createdAt', { type: 'DateTime' }),
      editedAt: t.expose('editedAt', { type: 'DateTime', nullable: true }),
      deletedAt: t.expose('deletedAt', { type: 'DateTime', nullable: true }),
      version: t.exposeInt('version'),
    }),
  })
  return { message, type }
}

export type MessageRef = ReturnType<typeof addMessageObject>['message']
export type MessageTypeRef = ReturnType<typeof addMessageObject>['type']
export type MessageConnectionRefs = ConnectionRefs<Message>
