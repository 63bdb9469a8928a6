import { expect } from 'vitest'
import { graphql } from '../generated/gql.js'
import type { Deal, Person } from './seed.js'

// The subscriptions that these tests have in common, and where to begin.

export const FOLLOW_MESSAGES = graphql(`
  subscription FollowMessages($transactionId: ID!, $after: String) {
    messageAdded(transactionId: $transactionId, after: $after) {
      cursor
      node {
        id
        sequence
        version
        content
        deletedAt
        sender {
          displayName
        }
      }
    }
  }
`)

export const FOLLOW_CHANGES = graphql(`
  subscription FollowChanges($transactionId: ID!, $after: String) {
    messageChanged(transactionId: $transactionId, after: $after) {
      cursor
      message {
        id
        version
        content
        editedAt
        deletedAt
      }
    }
  }
`)

export const FOLLOW_STATUS = graphql(`
  subscription FollowStatus($transactionId: ID!, $after: String) {
    transactionStatusChanged(transactionId: $transactionId, after: $after) {
      cursor
      entry {
        position
        previousStatus
        status
        message
        actor {
          id
        }
      }
    }
  }
`)

export const FOLLOW_TIMELINE = graphql(`
  subscription FollowTimeline($transactionId: ID!, $after: String) {
    timelineAdvanced(transactionId: $transactionId, after: $after) {
      cursor
      node {
        __typename
        position
        ... on MessageSent {
          content
          message {
            id
          }
        }
        ... on MessageEdited {
          content
          message {
            id
          }
        }
        ... on MessageDeleted {
          message {
            id
            deletedAt
          }
        }
        ... on StatusChanged {
          previousStatus
          status
          said: message
        }
        ... on ParticipantJoined {
          user {
            id
          }
          role
        }
        ... on ParticipantLeft {
          user {
            id
          }
          role
        }
      }
    }
  }
`)

/** Every way to follow a timeline, by the name of its field. */
export const SUBSCRIPTIONS = {
  messageAdded: FOLLOW_MESSAGES,
  messageChanged: FOLLOW_CHANGES,
  transactionStatusChanged: FOLLOW_STATUS,
  timelineAdvanced: FOLLOW_TIMELINE,
}
export const SUBSCRIPTION_NAMES = Object.keys(SUBSCRIPTIONS) as (keyof typeof SUBSCRIPTIONS)[]

/** The error with which a subscription ends when its viewer may not see the transaction, or not any more. */
export const GONE = expect.objectContaining({
  message: 'There is no such transaction, or you may not see it.',
  extensions: { code: 'NOT_FOUND', field: 'transactionId' },
})

const TIMELINE_CURSOR = graphql(`
  query FollowTimelineCursor($id: ID!) {
    transaction(id: $id) {
      timelineCursor
    }
  }
`)

/** Where the timeline stands now, as this person reads it. */
export async function timelineCursor(person: Person, deal: Deal): Promise<string> {
  const { transaction } = await person.get(TIMELINE_CURSOR, { id: deal.id })
  if (!transaction) throw new Error(`${person.key} can't see ${deal.id}`)
  return transaction.timelineCursor
}

/** 1, 2, 3 … */
export function countTo(last: number, first = 1): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index)
}
