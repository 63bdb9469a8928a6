import { graphql } from '../generated/gql.js'
import type { MeetPageFragment } from '../generated/graphql.js'
import type { Deal, Person } from '../testkit/seed.js'

// The ways to read the newest page together with a cursor to subscribe from, and what is before a page.

const INSIDE = graphql(`
query MeetInside($id: ID!, $size: Int!) {
  transaction(id: $id) {
    timelineCursor
    page: messages(last: $size) {
      ...MeetPage
    }
  }
}
fragment MeetPage on MessageConnection {
  edges {
    cursor
    node {
      id
      sequence
    }
  }
  pageInfo {
    hasPreviousPage
    startCursor
  }
}
  `)

const CURSOR_FIRST = graphql(`
query MeetCursorFirst($id: ID!, $size: Int!) {
  transaction(id: $id) {
    timelineCursor
  }
  page: messages(transactionId: $id, last: $size) {
    ...MeetPage
  }
}
  `)

const PAGE_FIRST = graphql(`
query MeetPageFirst($id: ID!, $size: Int!) {
  page: messages(transactionId: $id, last: $size) {
    ...MeetPage
  }
  transaction(id: $id) {
    timelineCursor
  }
}
  `)

const EARLIER = graphql(`
  query MeetEarlier($id: ID!, $size: Int!, $before: String) {
    page: messages(transactionId: $id, last: $size, before: $before) {
      ...MeetPage
    }
  }
`)

export interface Reading {
  readonly page: MeetPageFragment
  readonly timelineCursor: string
}

type Read = (person: Person, deal: Deal, size: number) => Promise<Reading>

/** Each way to ask for both in one request. */
export const READINGS: Record<'inside' | 'cursorFirst' | 'pageFirst', Read> = {
  async inside(person, { id }, size) {
    const { transaction } = await person.get(INSIDE, { id, size })
    if (!transaction) throw new Error(`${person.key} can't see ${id}`)
    return transaction
  },
  async cursorFirst(person, { id }, size) {
    const { transaction, page } = await person.get(CURSOR_FIRST, { id, size })
    return { page, timelineCursor: transaction?.timelineCursor ?? '' }
  },
  async pageFirst(person, { id }, size) {
    const { transaction, page } = await person.get(PAGE_FIRST, { id, size })
    return { page, timelineCursor: transaction?.timelineCursor ?? '' }
  },
}

/** A page with all that is before it, the oldest message first. */
export async function scrollUp(person: Person, { id }: Deal, size: number, newest: MeetPageFragment) {
  const edges = [...newest.edges]
  let { hasPreviousPage, startCursor } = newest.pageInfo
  while (hasPreviousPage) {
    const { page } = await person.get(EARLIER, { id, size, before: startCursor })
    edges.unshift(...page.edges)
    ;({ hasPreviousPage, startCursor } = page.pageInfo)
  }
  return edges
}
