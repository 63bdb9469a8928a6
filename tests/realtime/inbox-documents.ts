import type { Client } from 'graphql-ws'
import { expect, vi } from 'vitest'
import { InboxWatch } from '../../src/chat/inbox/inbox-watch.js'
import { graphql } from '../generated/gql.js'
import type { FollowInboxSubscription } from '../generated/graphql.js'
import type { Deal } from '../testkit/seed.js'
import { type Listener, listen } from '../testkit/websocket-client.js'

export const FOLLOW_INBOX = graphql(`
  subscription FollowInbox {
    inboxChanged {
      transactionId
      transaction {
        title
        status
        messageCount
        viewerUnreadCount
        lastMessage {
          content
        }
      }
      viewer {
        unreadCount
      }
    }
  }
`)

export type InboxListener = Listener<FollowInboxSubscription>

/** Subscribes, and resolves when the service listens so many times more: an inbox has no cursor to begin with. */
export async function untilListening<Listeners>(times: number, subscribe: () => Listeners): Promise<Listeners> {
  const begun = vi.spyOn(InboxWatch.prototype, 'subscribe')
  const listeners = subscribe()
  await vi.waitFor(() => expect(begun).toHaveResolvedTimes(times), 10_000)
  begun.mockRestore()
  return listeners
}

/** Listens to the inbox of whose client it is. */
export function listenToInbox(client: Client): Promise<InboxListener> {
  return untilListening(1, () => listen(client, FOLLOW_INBOX, {}))
}

/** The next that is told of the inbox: which deal, and how it is. */
export async function nextOf(listener: InboxListener) {
  const { transactionId, transaction, viewer } = (await listener.next()).inboxChanged
  return { transactionId, transaction, unreadCount: viewer.unreadCount }
}

/** What is told of a deal until it is so; the last is that one. */
export async function untilTold(
  listener: InboxListener,
  deal: Deal,
  isSo: (transaction: FollowInboxSubscription['inboxChanged']['transaction']) => boolean,
) {
  const told: Awaited<ReturnType<typeof nextOf>>[] = []
  for (;;) {
    const next = await nextOf(listener)
    if (next.transactionId !== deal.id) continue
    told.push(next)
    if (isSo(next.transaction)) return told
  }
}
