import { graphql } from '../generated/gql.js'
import type { StoredMessagesPageQuery } from '../generated/graphql.js'
import { type Answer, post } from '../testkit/http-client.js'

const PAGE = graphql(`
  query StoredMessagesPage($transactionId: ID!, $after: String) {
    messages(transactionId: $transactionId, first: 100, after: $after) {
      nodes {
        id
        sequence
        version
        clientMessageId
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`)

export interface StoredMessage {
  readonly id: string
  readonly sequence: number
  readonly version: number
  readonly clientMessageId?: string | null | undefined
}

/** Every message of a transaction, as its people read them. */
export async function storedMessages(url: string, token: string, transactionId: string): Promise<StoredMessage[]> {
  const stored: StoredMessage[] = []
  let after: string | null | undefined = null
  for (;;) {
    const page: Answer<StoredMessagesPageQuery> = await post(
      url,
      PAGE,
      { transactionId, after },
      { authorization: `Bearer ${token}` },
    )
    if (!page.data) throw new Error(`Can't read the messages: ${JSON.stringify(page.errors)}`)
    const { nodes, pageInfo } = page.data.messages
    stored.push(...nodes)
    if (!pageInfo.hasNextPage) return stored
    after = pageInfo.endCursor
  }
}
