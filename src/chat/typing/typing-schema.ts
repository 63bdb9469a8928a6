import { loadForAll } from '../../graphql/batch.js'
import type { Builder } from '../../graphql/builder.js'
import { requireLocalId } from '../../graphql/global-id.js'
import { followedKey, transactionArgument } from '../timeline/timeline-follow.js'
import type { TransactionTypes } from '../transaction/transaction-schema.js'
import { requireUser } from '../user/user-policy.js'
import type { UserTypes } from '../user/user-schema.js'
import type { TypingEvent } from './typing.js'

type Refs = Pick<TransactionTypes, 'transaction'> & Pick<UserTypes, 'user'>

export function addTypingTypes(builder: Builder, { transaction, user }: Refs): void {
  builder.prismaObjectField(transaction, 'typingUsers', (t) =>
    t.field({
      type: [user],
      description: 'Who is typing at this moment, the viewer too, in the order in which they joined.',
      resolve: (parent, _args, context, info) =>
        loadForAll({ context, info, parent }, (parents) =>
          context.services.typing.typists(parents.map(({ key }) => key)),
        ),
    }),
  )
  addSetTyping(builder)
  addTypingChanged(builder, user)
}

function addSetTyping(builder: Builder): void {
  const input = builder.inputType('SetTypingInput', {
    description: 'Whether the viewer is typing.',
    fields: (t) => ({
      transactionId: t.id({ required: true, description: 'Where: `txn_…`.' }),
      isTyping: t.boolean({
        required: true,
        description: 'True while they type: say so again every few seconds. False when they stopped without sending.',
      }),
    }),
  })
  const payload = builder.objectRef<{ readonly expiresAt: Date | null }>('SetTypingPayload').implement({
    description: 'How long it holds.',
    fields: (t) => ({
      expiresAt: t.expose('expiresAt', {
        type: 'DateTime',
        nullable: true,
        description: 'When the indicator goes out by itself unless set again; null when it was put out.',
      }),
    }),
  })
  builder.mutationField('setTyping', (t) =>
    t.field({
      type: payload,
      description:
        'Says that the viewer is typing, or has stopped; for participants. It goes out 6 s after it was last set, and when they send. Set again within 2 s it stays as it is.',
      args: { input: t.arg({ type: input, required: true, description: 'Where, and whether.' }) },
      resolve: async (_root, { input: { transactionId, isTyping } }, context) => {
        const typist = requireUser(context.viewer)
        const transactionKey = requireLocalId('Transaction', transactionId, 'transactionId')
        return { expiresAt: await context.services.typing.set(typist, transactionKey, isTyping) }
      },
    }),
  )
}

function addTypingChanged(builder: Builder, user: UserTypes['user']): void {
  const event = builder.objectRef<TypingEvent>('TypingEvent').implement({
    description: 'Somebody began to type, goes on typing, or stopped.',
    fields: (t) => ({
      user: t.field({ type: user, description: 'Who.', resolve: (told) => told.user }),
      isTyping: t.exposeBoolean('isTyping', { description: 'Whether they are typing.' }),
      expiresAt: t.expose('expiresAt', {
        type: 'DateTime',
        nullable: true,
        description: 'When the indicator goes out by itself, which is told as well; null when it just went out.',
      }),
    }),
  })
  builder.subscriptionField('typingChanged', (t) =>
    t.field({
      type: event,
      description:
        'Who begins to type, goes on typing, and stops, the viewer too. A passing state: only the latest of each person counts. Read `typingUsers` once it is set up.',
      args: transactionArgument(t.arg),
      subscribe: (_root, args, context) => context.services.typing.follow(context.viewer, followedKey(args)),
      resolve: (told) => told,
    }),
  )
}
