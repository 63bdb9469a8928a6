/**
 * What the playground opens with: the demo's deals, read, listened to and written to. Its lines are short enough to be
 * read beside the buttons.
 */
export const EXAMPLE = `# Escrow Chat: the people of a deal talk inside it.
#
# 1. Double-click PASTE_A_TOKEN_HERE below, paste
#    a demo person's token: the service printed
#    them when it started.
# 2. Press ▶ and choose MyDeals.
# 3. Choose Listen. Open this page in a second
#    window, be somebody else there, choose Send.
#
# The book on the left explains every field.

# My deals, the latest first.
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

# New messages of a deal, as they come. To begin
# earlier, give a cursor in the Variables pane:
# { "after": "…" }
subscription Listen($after: String) {
  messageAdded(
    transactionId: "txn_bicycle"
    after: $after
  ) {
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

# The answer means that it is committed.
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
