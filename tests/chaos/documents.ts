import { graphql } from '../generated/gql.js'

// What the people of the chaos tests ask.

export const SEND = graphql(`
  mutation ChaosSend($input: SendMessageInput!) {
    sendMessage(input: $input) {
      message {
        id
        sequence
        content
      }
    }
  }
`)

export const MARK_READ = graphql(`
  mutation ChaosMarkRead($input: MarkReadInput!) {
    markRead(input: $input) {
      participant {
        lastReadSequence
      }
    }
  }
`)

export const FOLLOW = {
  messageAdded: graphql(`
    subscription ChaosFollowMessages($transactionId: ID!, $after: String) {
      messageAdded(transactionId: $transactionId, after: $after) {
        cursor
        node {
          id
          sequence
          content
        }
      }
    }
  `),
  timelineAdvanced: graphql(`
    subscription ChaosFollowTimeline($transactionId: ID!, $after: String) {
      timelineAdvanced(transactionId: $transactionId, after: $after) {
        cursor
        node {
          __typename
          ... on MessageSent {
            message {
              id
              sequence
              content
            }
          }
        }
      }
    }
  `),
}

export const WHERE_IT_STANDS = graphql(`
  query ChaosWhereItStands($id: ID!) {
    transaction(id: $id) {
      timelineCursor
      messageCount
    }
  }
`)

export const HISTORY_PAGE = graphql(`
  query ChaosHistoryPage($transactionId: ID!, $after: String) {
    messages(transactionId: $transactionId, first: 100, after: $after) {
      nodes {
        id
        sequence
        content
        clientMessageId
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`)

export const UNREAD = graphql(`
  query ChaosUnread {
    unreadCount
    viewer {
      unreadCount
    }
    transactions {
      nodes {
        id
        viewerUnreadCount
      }
    }
  }
`)

export const WHO_IS_ONLINE = graphql(`
  query ChaosWhoIsOnline($id: ID!) {
    transaction(id: $id) {
      participants {
        user {
          id
          isOnline
        }
      }
    }
  }
`)
