import { graphql } from '../generated/gql.js'

// What the platform's backend does.

export const UPSERT_USER = graphql(`
  mutation PlatformUpsertUser($input: UpsertUserInput!) {
    upsertUser(input: $input) {
      user {
        id
        displayName
        avatarUrl
      }
    }
  }
`)

export const UPSERT_TRANSACTION = graphql(`
  mutation PlatformUpsertTransaction($input: UpsertTransactionInput!) {
    upsertTransaction(input: $input) {
      transaction {
        id
        title
        status
        messageCount
        participants {
          user {
            id
          }
          role
        }
        timeline(last: 5) {
          nodes {
            __typename
            position
          }
        }
      }
    }
  }
`)

export const POST_SYSTEM_MESSAGE = graphql(`
  mutation PlatformPostSystemMessage($input: PostSystemMessageInput!) {
    postSystemMessage(input: $input) {
      message {
        id
        sequence
        type
        content
        clientMessageId
        sender {
          id
        }
      }
    }
  }
`)

export const CHANGE_STATUS = graphql(`
  mutation PlatformChangeStatus($input: ChangeTransactionStatusInput!) {
    changeTransactionStatus(input: $input) {
      transaction {
        id
        status
        statusChangedAt
        messageCount
        lastMessage {
          type
          content
        }
      }
    }
  }
`)
