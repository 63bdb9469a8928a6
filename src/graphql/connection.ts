import type { InterfaceRef, ObjectRef } from '@pothos/core'
import type { Page } from '../chat/page.js'
import type { ArgumentBuilder, Builder, BuilderTypes } from './builder.js'

/** The largest page that any server gives. */
const LARGEST_PAGE = 1_000

/** The connection multiplies what is below it by its page size; its items don't once more. */
const COST_OF_ITEMS = { field: 1, multiplier: 1 }

export interface Edge<Node> {
  readonly cursor: string
  readonly node: Node
}

export interface Connection<Node> {
  readonly page: Page<Node>
  readonly edges: readonly Edge<Node>[]
}

/** A page as a connection, with the cursor of each of its rows. */
export function toConnection<Node>(page: Page<Node>, cursorOf: (node: Node) => string): Connection<Node> {
  return { page, edges: page.rows.map((node) => ({ cursor: cursorOf(node), node })) }
}

export function addPageInfo(builder: Builder) {
  return builder.objectRef<Connection<unknown>>('PageInfo').implement({
    description: 'Where a page stands in its list. Both `has…` are exact in both directions.',
    fields: (t) => ({
      hasNextPage: t.boolean({
        description: 'Whether the list goes on after the last edge.',
        resolve: ({ page }) => page.hasNextPage(),
      }),
      hasPreviousPage: t.boolean({
        description: 'Whether there is something in the list before the first edge.',
        resolve: ({ page }) => page.hasPreviousPage(),
      }),
      startCursor: t.string({
        nullable: true,
        description: 'The cursor of the first edge; null on an empty page.',
        resolve: ({ edges }) => edges[0]?.cursor,
      }),
      endCursor: t.string({
        nullable: true,
        description: 'The cursor of the last edge; null on an empty page.',
        resolve: ({ edges }) => edges.at(-1)?.cursor,
      }),
    }),
  })
}

export type PageInfoRef = ReturnType<typeof addPageInfo>

/** A reference to the GraphQL type that shows a `Node`. */
type RefTo<Node extends object> = InterfaceRef<BuilderTypes, Node> | ObjectRef<BuilderTypes, Node>

/** The connection and the edge of a node type: `XConnection` and `XEdge`. */
export function addConnection<Node extends object>(
  builder: Builder,
  { name, node, pageInfo, what }: { name: string; node: RefTo<Node>; pageInfo: PageInfoRef; what: string },
) {
  const edge = builder.objectRef<Edge<Node>>(`${name}Edge`).implement({
    description: `${what[0]?.toUpperCase()}${what.slice(1)}, with its place in the list.`,
    fields: (t) => ({
      cursor: t.exposeString('cursor', {
        description: 'The place: page or subscribe on from here with `after` or `before`.',
      }),
      node: t.field({
        type: node as never,
        description: `${what[0]?.toUpperCase()}${what.slice(1)}.`,
        resolve: (shape) => shape.node as never,
      }),
    }),
  })
  const connection = builder.objectRef<Connection<Node>>(`${name}Connection`).implement({
    description: `A page of a list, ${what} per edge.`,
    fields: (t) => ({
      edges: t.field({
        type: [edge],
        complexity: COST_OF_ITEMS,
        description: 'The items of the page, each with its cursor.',
        resolve: ({ edges }) => [...edges],
      }),
      nodes: t.field({
        type: [node as never],
        complexity: COST_OF_ITEMS,
        description: 'The items of the page, without cursors.',
        resolve: ({ page }) => page.rows as never,
      }),
      pageInfo: t.field({
        type: pageInfo,
        description: 'Where the page stands in the list.',
        resolve: (shape) => shape,
      }),
    }),
  })
  return { edge, connection }
}

export type ConnectionRefs<Node extends object> = ReturnType<typeof addConnection<Node>>

interface SizeArgs {
  readonly first?: number | null | undefined
  readonly last?: number | null | undefined
}

/**
 * What a connection costs: everything below it as often as its page has items.
 *
 * @param usualSize how many there are when the caller says neither `first` nor `last`.
 */
export function costOfPage(usualSize: number) {
  return ({ first, last }: SizeArgs) => {
    const size = first ?? last ?? usualSize
    // The field refuses every other size, and nothing below it is executed. An empty page still has its `pageInfo`.
    return { field: 1, multiplier: size >= 1 && size <= LARGEST_PAGE ? size : 1 }
  }
}

/** The four paging arguments. `whenNeither` says what a caller gets who gives neither `first` nor `last`. */
export function pageArguments(arg: ArgumentBuilder, whenNeither: string) {
  return {
    first: arg.int({
      description: `How many from the beginning of the selected range: 0 to 100, unless the server is set otherwise. ${whenNeither}`,
    }),
    after: arg.string({ description: 'Only what comes after this cursor.' }),
    last: arg.int({
      description: 'How many from the end of the selected range, with the same limit. Not together with `first`.',
    }),
    before: arg.string({ description: 'Only what comes before this cursor.' }),
  }
}
