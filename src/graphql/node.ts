import type { Builder } from './builder.js'

/** What has an id and can be asked for by it. */
export function addNode(builder: Builder) {
  return builder.interfaceRef<object>('Node').implement({
    description: 'Something that has an id and can be read again by it, with `node`.',
    fields: (t) => ({
      id: t.id({
        description: 'The id, unique among everything, readable, and the same for ever.',
        // Every type has its own.
        resolve: () => {
          throw new TypeError('This type says nothing of its id')
        },
      }),
    }),
  })
}

export type NodeRef = ReturnType<typeof addNode>
