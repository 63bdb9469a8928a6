import type { Viewer } from '../../auth/viewer.js'
import type { Builder } from '../../graphql/builder.js'
import { globalId } from '../../graphql/global-id.js'
import type { NodeRef } from '../../graphql/node.js'

export function addUserTypes(builder: Builder, node: NodeRef) {
  const user = builder.prismaObject('User', {
    interfaces: [node],
    fields: (t) => ({
      id: t.id({
        description: "`usr_`, followed by the platform's key of the person.",
        resolve: ({ key }) => globalId('User', key),
      }),
      displayName: t.exposeString('displayName'),
      avatarUrl: t.expose('avatarUrl', { type: 'URL', nullable: true }),
    }),
  })

  const viewerKind = builder.enumType('ViewerKind', {
    description: 'What kind of caller a token stands for.',
    values: {
      USER: { description: 'A person who takes part in transactions.' },
      PARTNER: { description: 'A partner system that reads the history of its own transactions.' },
      PLATFORM: { description: "The escrow platform's own backend." },
    },
  })

  const viewer = builder.objectRef<Viewer>('Viewer').implement({
    description: 'Who is asking, as their token says.',
    fields: (t) => ({
      id: t.id({
        description:
          "The same for ever for the same caller: the user's id, `client_` and the client's id, or `platform`.",
        resolve: (asking) => viewerId(asking),
      }),
      kind: t.field({ type: viewerKind, description: 'What kind of caller this is.', resolve: ({ kind }) => kind }),
      user: t.field({
        type: user,
        nullable: true,
        description: 'The person who asks. Null for a partner or the platform.',
        resolve: (asking) => (asking.kind === 'USER' ? asking.user : null),
      }),
      clientId: t.string({
        nullable: true,
        description: "The `client_id` of the partner's or the platform's token. Null for a user.",
        resolve: (asking) => (asking.kind === 'USER' ? null : asking.clientId),
      }),
      scopes: t.stringList({ description: 'The scopes of the token.', resolve: ({ scopes }) => [...scopes] }),
      tokenExpiresAt: t.field({
        type: 'DateTime',
        description: 'When the token stops being good. A WebSocket is closed at that moment.',
        resolve: ({ tokenExpiresAt }) => tokenExpiresAt,
      }),
    }),
  })

  builder.queryField('viewer', (t) =>
    t.field({ type: viewer, description: 'Who is asking.', resolve: (_root, _args, context) => context.viewer }),
  )

  return { user, viewer }
}

export type UserTypes = ReturnType<typeof addUserTypes>

function viewerId(viewer: Viewer): string {
  switch (viewer.kind) {
    case 'USER':
      return globalId('User', viewer.user.key)
    case 'PARTNER':
      return `client_${viewer.clientId}`
    case 'PLATFORM':
      return 'platform'
  }
}
