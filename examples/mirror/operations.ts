import { graphql } from './generated/gql.js'

// What the mirror asks. `npm run mirror` makes ./generated from this file and the schema; so it is typed throughout.

/** A page of our deals, from the end of the list. README.md says why from there. */
export const DEALS = graphql(`
  query MirrorDeals($before: String) {
    transactions(last: 100, before: $before) {
      nodes {
        id
        title
        status
        createdAt
        lastActivityAt
        timelineCursor
      }
      pageInfo {
        hasPreviousPage
        startCursor
      }
    }
  }
`)

/** What happened in a deal after a cursor; from its beginning without one. Each edge becomes a line. */
export const ENTRIES = graphql(`
  query MirrorEntries($id: ID!, $first: Int!, $after: String) {
    transaction(id: $id) {
      timeline(first: $first, after: $after) {
        edges {
          cursor
          node {
            __typename
            position
            occurredAt
            actor {
              id
            }
            ... on MessageSent {
              content
              message {
                id
                replyTo {
                  id
                }
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
              }
            }
            ... on StatusChanged {
              status
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
            }
          }
        }
      }
    }
  }
`)

/** That something happens in a deal. What it is, is read by ENTRIES. */
export const ADVANCED = graphql(`
  subscription MirrorAdvanced($id: ID!, $after: String) {
    timelineAdvanced(transactionId: $id, after: $after) {
      cursor
    }
  }
`)
