/**
 * What the playground opens with: the demo's deals, read, listened to and written to. Its lines are short enough to be
 * read beside the buttons.
 */
export const EXAMPLE = `# Escrow Chat: the people of a deal talk inside it.
#
# 1. Put a token into the Headers pane below. The service
#    printed one for each demo person when it started.
# 2. Press the button ▶ and choose MyDeals.
# 3. Choose Listen. Open this page in a second window,
#    be somebody else there, and choose Send.
#
# The book on the left explains every type and field.

# My deals, the latest first, and what was said last.
query MyDeals {
  viewer {
    user {
      displayName
    }
    unreadCount
  }
  transactions(first: 10) {
    nodes {
      id
      title
      status
      viewerUnreadCount
      participants {
        role
        user {
          displayName
        }
      }
      messages(last: 3) {
        nodes {
          sequence
          sender {
            displayName
          }
          content
        }
      }
    }
  }
}

# New messages of a deal, as they come. With a cursor for
# "after" among the Variables it begins there: nothing
# that was said in between is missed.
subscription Listen($after: String) {
  messageAdded(transactionId: "txn_bicycle", after: $after) {
    cursor
    node {
      sequence
      sender {
        displayName
      }
      content
      createdAt
    }
  }
}

# The answer means that the message is committed.
mutation Send {
  sendMessage(
    input: {
      transactionId: "txn_bicycle"
      content: "Hello from the playground!"
    }
  ) {
    message {
      id
      sequence
      createdAt
    }
  }
}
`
