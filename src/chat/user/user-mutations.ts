import type { User } from '../../generated/prisma/client.js'
import type { Builder } from '../../graphql/builder.js'
import { requirePlatform } from './user-policy.js'
import type { UserTypes } from './user-schema.js'

/** What the platform's backend says of people. */
export function addUserMutations(builder: Builder, { user }: Pick<UserTypes, 'user'>): void {
  const input = addUserInput(builder)
  const payload = builder.objectRef<User>('UpsertUserPayload').implement({
    description: 'What is known of the person now.',
    fields: (t) => ({
      user: t.field({ type: user, description: 'The person as they are now.', resolve: (row) => row }),
    }),
  })

  builder.mutationField('upsertUser', (t) =>
    t.field({
      type: payload,
      description:
        "Makes a person known, or changes what is known of them; for the platform. What is left out stays as it is, and null clears `avatarUrl`. It is safe to repeat. A suspended person's sockets are closed within 5 s.",
      args: { input: t.arg({ type: input, required: true, description: 'Who it is, and what is known of them.' }) },
      resolve: (_root, { input: { avatarUrl, ...given } }, { viewer, services }) =>
        services.user.upsert(requirePlatform(viewer), {
          ...given,
          avatarUrl: avatarUrl == null ? avatarUrl : avatarUrl.href,
        }),
    }),
  )
}

function addUserInput(builder: Builder) {
  const status = builder.enumType('UserStatus', {
    description: 'Whether a person may use the chat.',
    values: {
      ACTIVE: { description: 'May sign in and take part.' },
      SUSPENDED: { description: 'Refused everywhere, as if unknown, until made ACTIVE again.' },
    },
  })
  return builder.inputType('UpsertUserInput', {
    description: 'What the platform says of a person.',
    fields: (t) => ({
      key: t.string({
        required: true,
        description:
          "The platform's own id of the person, and the `sub` of their tokens: 1 to 64 of `A–Z a–z 0–9 . _ : @ -`. The API's id is `usr_` and the key.",
      }),
      displayName: t.string({
        required: true,
        description: 'The name that the others see: at most 200 characters, and at least one visible.',
      }),
      avatarUrl: t.field({
        type: 'URL',
        description:
          'Where a picture of the person is: http or https, at most 2,000 characters. Left out: as it is. Null: none.',
      }),
      status: t.field({
        type: status,
        description: 'Left out, or null: as it is; a new person is ACTIVE.',
      }),
    }),
  })
}
