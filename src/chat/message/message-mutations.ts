import type { Message } from '../../generated/prisma/client.js'
import type { Builder } from '../../graphql/builder.js'
import { requireLocalId } from '../../graphql/global-id.js'
import { requirePlatform, requireUser } from '../user/user-policy.js'
import { type MessageConnectionRefs, type MessageRef, messageCursor } from './message-object.js'

interface Refs {
  readonly message: MessageRef
  readonly edge: MessageConnectionRefs['edge']
}

export function addMessageMutations(builder: Builder, { message, edge }: Refs): void {
  const { send, edit, remove } = addInputs(builder)
  const post = addSystemMessageInput(builder)
  const sent = builder.objectRef<Message>('SendMessagePayload').implement({
    description: 'What was sent. It is committed, durable, and visible to every reader.',
    fields: (t) => ({
      message: t.field({ type: message, description: 'The message.', resolve: (row) => row }),
      messageEdge: t.field({
        type: edge,
        description: 'Ready to append to a `messages` connection.',
        resolve: (row) => ({ cursor: messageCursor(row), node: row }),
      }),
    }),
  })
  const edited = addChangePayload(builder, 'EditMessagePayload', message)
  const deleted = addChangePayload(builder, 'DeleteMessagePayload', message)
  const posted = addChangePayload(builder, 'PostSystemMessagePayload', message)

  builder.mutationFields((t) => ({
    sendMessage: t.field({
      type: sent,
      description:
        'Sends a message; for participants. The answer means that it is committed. When no answer comes, send the same again with the same `clientMessageId`.',
      args: { input: t.arg({ type: send, required: true, description: 'What to send, and where to.' }) },
      resolve: (_root, { input: { transactionId, content, replyToId, clientMessageId } }, context) =>
        context.services.message.send(requireUser(context.viewer), {
          transactionKey: requireLocalId('Transaction', transactionId, 'transactionId'),
          content,
          replyToId: replyToId == null ? null : requireLocalId('Message', replyToId, 'replyToId'),
          clientMessageId,
        }),
    }),
    editMessage: t.field({
      type: edited,
      description:
        "Changes what one of the viewer's own messages says. The same content again changes nothing; a deleted message is a CONFLICT.",
      args: { input: t.arg({ type: edit, required: true, description: 'Which message, and what it shall say.' }) },
      resolve: (_root, { input: { messageId, content } }, context) =>
        context.services.message.edit(
          requireUser(context.viewer),
          requireLocalId('Message', messageId, 'messageId'),
          content,
        ),
    }),
    deleteMessage: t.field({
      type: deleted,
      description:
        "Deletes one of the viewer's own messages: it stays as a tombstone without content. Arbiters and the platform can still read in the timeline what it said. A second time changes nothing.",
      args: { input: t.arg({ type: remove, required: true, description: 'Which message.' }) },
      resolve: (_root, { input: { messageId } }, context) =>
        context.services.message.delete(requireUser(context.viewer), requireLocalId('Message', messageId, 'messageId')),
    }),
    postSystemMessage: t.field({
      type: posted,
      description:
        'Says something to all participants of a transaction, as a SYSTEM message; for the platform. The answer means that it is committed; it is as safe to repeat as `sendMessage`.',
      args: { input: t.arg({ type: post, required: true, description: 'What to say, and where.' }) },
      resolve: (_root, { input: { transactionId, ...given } }, { viewer, services }) =>
        services.message.postSystem(requirePlatform(viewer), {
          ...given,
          transactionKey: requireLocalId('Transaction', transactionId, 'transactionId'),
        }),
    }),
  }))
}

function addInputs(builder: Builder) {
  const send = builder.inputType('SendMessageInput', {
    description: 'A message to send.',
    fields: (t) => ({
      transactionId: t.id({ required: true, description: 'Where to: `txn_…`.' }),
      content: t.string({
        description:
          'What it says, required: at most 10,000 characters, unless the server is set otherwise, and at least one visible. Stored as given.',
      }),
      replyToId: t.id({ description: 'The message of the same transaction that it answers: `msg_…`.' }),
      clientMessageId: t.string({
        description:
          "The sender's own key for this message, a UUID for example: 1 to 128 printable characters, unless the server is set otherwise. Sending it again returns the first message and adds none.",
      }),
    }),
  })
  const edit = builder.inputType('EditMessageInput', {
    description: 'A change of a message.',
    fields: (t) => ({
      messageId: t.id({ required: true, description: "One of the viewer's own messages: `msg_…`." }),
      content: t.string({ required: true, description: 'What it says from now on, with the limits of `sendMessage`.' }),
    }),
  })
  const remove = builder.inputType('DeleteMessageInput', {
    description: 'A message to delete.',
    fields: (t) => ({
      messageId: t.id({ required: true, description: "One of the viewer's own messages: `msg_…`." }),
    }),
  })
  return { send, edit, remove }
}

function addSystemMessageInput(builder: Builder) {
  return builder.inputType('PostSystemMessageInput', {
    description: 'Something that the platform says.',
    fields: (t) => ({
      transactionId: t.id({ required: true, description: 'Where: `txn_…`.' }),
      content: t.string({ required: true, description: 'What it says, with the limits of `sendMessage`.' }),
      clientMessageId: t.string({
        description:
          "The platform's own key for this message, as for `sendMessage`: the same again returns the first message and adds none.",
      }),
    }),
  })
}

function addChangePayload(builder: Builder, name: string, message: MessageRef) {
  return builder.objectRef<Message>(name).implement({
    description: 'What the change came to.',
    fields: (t) => ({
      message: t.field({ type: message, description: 'The message as it is now.', resolve: (row) => row }),
    }),
  })
}
