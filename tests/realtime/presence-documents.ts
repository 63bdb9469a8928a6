import type { Client } from 'graphql-ws'
import { expect, vi } from 'vitest'
import { PresenceService } from '../../src/chat/presence/presence-service.js'
import { graphql } from '../generated/gql.js'
import type { Caller, Deal, Person } from '../testkit/seed.js'
import { type Listener, listen } from '../testkit/websocket-client.js'

export const FOLLOW_PRESENCE = graphql(`
  subscription FollowPresence($transactionId: ID!) {
    presenceChanged(transactionId: $transactionId) {
      id
      displayName
      isOnline
      lastSeenAt
    }
  }
`)

const PRESENCE = graphql(`
  query Presence($id: ID!) {
    node(id: $id) {
      ... on User {
        isOnline
        lastSeenAt
      }
    }
  }
`)

/** What a subscriber was told. */
export interface Told {
  readonly id: string
  readonly displayName: string
  readonly isOnline: boolean
  readonly lastSeenAt?: string | null
}

export interface PresenceListener extends Pick<Listener<unknown>, 'ended' | 'stop'> {
  next(): Promise<Told>
  /** All that is still to come. */
  untilEnd(): Promise<Told[]>
}

/** Follows who is online in a deal. Resolves when the subscription has begun: what happens after that is told. */
export async function followPresence(client: Client, deal: Deal): Promise<PresenceListener> {
  const follow = vi.spyOn(PresenceService.prototype, 'follow')
  const listener = listen(client, FOLLOW_PRESENCE, { transactionId: deal.id })
  await vi.waitFor(() => expect(follow).toHaveBeenCalled(), { timeout: 5_000, interval: 5 })
  await follow.mock.results[0]?.value
  follow.mockRestore()
  return {
    ended: listener.ended,
    stop: listener.stop,
    next: async () => (await listener.next()).presenceChanged,
    untilEnd: async () => (await listener.untilEnd()).map(({ presenceChanged }) => presenceChanged),
  }
}

/** How a person stands, as somebody else is told it; null when they don't see the person. */
export async function presenceOf(person: Person, askedBy: Caller): Promise<{ isOnline: boolean; lastSeenAt: unknown }> {
  const { node } = await askedBy.get(PRESENCE, { id: person.id })
  if (!node || !('isOnline' in node)) throw new Error(`${person.key} is not seen`)
  return { isOnline: node.isOnline, lastSeenAt: node.lastSeenAt ?? null }
}

/** Waits until somebody is told that a person is online, or isn't. */
export async function untilOnline(person: Person, isOnline: boolean, askedBy: Caller = person): Promise<void> {
  await vi.waitUntil(async () => (await presenceOf(person, askedBy)).isOnline === isOnline, {
    timeout: 10_000,
    interval: 10,
  })
}
