import type { TypedDocumentNode } from '@graphql-typed-document-node/core'
import type { Client } from 'graphql-ws'
import { decodeCursor, encodeCursor } from '../../src/chat/timeline/timeline-cursor.js'
import type { Deal } from '../testkit/seed.js'
import { SUBSCRIPTIONS } from '../testkit/timeline-documents.js'
import { type Listener, listen } from '../testkit/websocket-client.js'

export type Way = keyof typeof SUBSCRIPTIONS

/** A deal with a subscription of every way to follow it. */
export interface Followed {
  readonly deal: Deal
  readonly listeners: Readonly<Record<Way, Listener<object>>>
}

/** Follows a deal in every way, from a position on. */
export function followInEveryWay(client: Client, deal: Deal, position: number): Followed {
  const variables = { transactionId: deal.id, after: encodeCursor(deal.key, position) }
  const follow = (document: TypedDocumentNode<object, typeof variables>) => listen(client, document, variables)
  return {
    deal,
    listeners: {
      messageAdded: follow(SUBSCRIPTIONS.messageAdded),
      messageChanged: follow(SUBSCRIPTIONS.messageChanged),
      transactionStatusChanged: follow(SUBSCRIPTIONS.transactionStatusChanged),
      timelineAdvanced: follow(SUBSCRIPTIONS.timelineAdvanced),
    },
  }
}

/** Where in the timeline each of these deliveries stands. */
export function positionsOf(deal: Deal, delivered: readonly object[]): number[] {
  return delivered.map((data) => {
    const [{ cursor } = { cursor: '' }]: { cursor: string }[] = Object.values(data)
    return decodeCursor(cursor, 'after', { transactionKey: deal.key, head: Number.MAX_SAFE_INTEGER })
  })
}

type Delivered = { readonly node?: Said; readonly message?: Said }
type Said = { readonly content?: string | null; readonly version?: number }

/** What the deliveries after a position say: the content and, where it was asked for, the version of the message. */
export function said(deal: Deal, delivered: readonly object[], after: number): unknown[] {
  const positions = positionsOf(deal, delivered)
  return delivered.flatMap((data, index) => {
    const [{ node, message } = {}]: Delivered[] = Object.values(data)
    const { content, version } = node ?? message ?? {}
    if ((positions[index] ?? 0) <= after) return []
    return version === undefined ? [content] : [[content, version]]
  })
}
