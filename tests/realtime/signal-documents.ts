import { graphql } from '../generated/gql.js'

// The subscriptions to passing states.

export const FOLLOW_READS = graphql(`
  subscription FollowReads($transactionId: ID!) {
    messagesRead(transactionId: $transactionId) {
      role
      lastReadSequence
      lastReadAt
      user {
        id
        displayName
      }
    }
  }
`)

export const FOLLOW_TYPING = graphql(`
  subscription FollowTyping($transactionId: ID!) {
    typingChanged(transactionId: $transactionId) {
      user {
        id
        displayName
      }
      isTyping
      expiresAt
    }
  }
`)
