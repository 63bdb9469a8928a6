import { graphql } from '../generated/gql.js'

// The mutations that tests of many subjects use.

export const SEND = graphql(`
  mutation WritingSend($input: SendMessageInput!) {
    sendMessage(input: $input) {
      message {
        id
        sequence
        version
        type
        content
        clientMessageId
        createdAt
        editedAt
        deletedAt
        sender {
          id
        }
        replyTo {
          id
        }
      }
      messageEdge {
        cursor
        node {
          id
        }
      }
    }
  }
`)

export const EDIT = graphql(`
  mutation WritingEdit($input: EditMessageInput!) {
    editMessage(input: $input) {
      message {
        id
        sequence
        version
        content
        editedAt
        deletedAt
      }
    }
  }
`)

export const DELETE = graphql(`
  mutation WritingDelete($input: DeleteMessageInput!) {
    deleteMessage(input: $input) {
      message {
        id
        sequence
        version
        content
        editedAt
        deletedAt
      }
    }
  }
`)

export const MARK_READ = graphql(`
  mutation WritingMarkRead($input: MarkReadInput!) {
    markRead(input: $input) {
      participant {
        user {
          id
        }
        lastReadSequence
        lastReadAt
      }
      transaction {
        id
        viewerUnreadCount
      }
      viewer {
        unreadCount
      }
    }
  }
`)

export const SET_TYPING = graphql(`
  mutation WritingSetTyping($input: SetTypingInput!) {
    setTyping(input: $input) {
      expiresAt
    }
  }
`)
