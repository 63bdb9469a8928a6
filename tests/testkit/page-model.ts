import fc from 'fast-check'

/** A list as it is: its items in order, and the cursors that it takes, each with how many of the items come before it. */
export interface ListModel {
  readonly cursors: readonly string[]
  /** By cursor, the places in `cursors` at which there is an item. Other cursors stand between items. */
  readonly items: readonly string[]
}

export interface PageArgs {
  readonly first?: number
  readonly last?: number
  readonly after?: string
  readonly before?: string
}

/** Any page that can be asked for: from either end, of any size, between any two cursors. */
export function anyPageOf({ cursors }: ListModel): fc.Arbitrary<PageArgs> {
  const size = fc.oneof(fc.nat({ max: cursors.length + 1 }), fc.constant(100))
  const cursor = fc.constantFrom(...cursors)
  return fc
    .tuple(
      fc.oneof(fc.record({ first: size }), fc.record({ last: size })),
      fc.record({ after: cursor, before: cursor }, { requiredKeys: [] }),
    )
    .map(([end, bounds]) => ({ ...end, ...bounds }))
}

export interface ExpectedPage {
  readonly edges: readonly { cursor: string }[]
  readonly pageInfo: {
    hasNextPage: boolean
    hasPreviousPage: boolean
    startCursor: string | null
    endCursor: string | null
  }
}

/** What that page has to be, by the definition: what lies between the cursors, so much of it from that end. */
export function pageOf({ cursors, items }: ListModel, { first, last, after, before }: PageArgs): ExpectedPage {
  const place = (cursor: string) => cursors.indexOf(cursor)
  const isAfter = (item: string) => after === undefined || place(item) > place(after)
  const isBefore = (item: string) => before === undefined || place(item) < place(before)
  const between = items.filter((item) => isAfter(item) && isBefore(item))
  const page = first === undefined ? between.slice(Math.max(0, between.length - (last ?? 0))) : between.slice(0, first)
  const isCutAtEnd = first !== undefined && between.length > first
  const isCutAtStart = last !== undefined && between.length > last
  return {
    edges: page.map((cursor) => ({ cursor })),
    pageInfo: {
      hasNextPage: isCutAtEnd || items.some((item) => !isBefore(item)),
      hasPreviousPage: isCutAtStart || items.some((item) => !isAfter(item)),
      startCursor: page[0] ?? null,
      endCursor: page.at(-1) ?? null,
    },
  }
}
