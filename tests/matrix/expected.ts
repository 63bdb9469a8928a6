import type { ErrorCode } from '../../src/errors.js'
import type { ViewerKind } from './viewer-kinds.js'

// Who may do what: the whole of it, for every root field and every type of node. Each row names every
// kind of viewer once.

/** What can become of what is asked. `sees nothing`: an answer without an error and without anything of the deal. */
export type Outcome =
  | 'sees'
  | 'sees nothing'
  | 'does'
  | Extract<ErrorCode, 'NOT_FOUND' | 'FORBIDDEN' | 'UNAUTHENTICATED' | 'BAD_USER_INPUT'>

export type Row = Partial<Record<Outcome, readonly ViewerKind[]>>

const OWN: Row = {
  sees: ['BUYER', 'SELLER', 'AGENT', 'ARBITER', 'OUTSIDER', 'FORMER', 'PARTNER', 'OTHER_PARTNER', 'PLATFORM'],
  UNAUTHENTICATED: ['SUSPENDED', 'NOBODY'],
}
/** What is asked for by id, or listed. */
const SHOWN: Row = {
  sees: ['BUYER', 'SELLER', 'AGENT', 'ARBITER', 'PARTNER', 'PLATFORM'],
  'sees nothing': ['OUTSIDER', 'FORMER', 'OTHER_PARTNER'],
  UNAUTHENTICATED: ['SUSPENDED', 'NOBODY'],
}
/** What is asked for within a deal. */
const READ: Row = {
  sees: ['BUYER', 'SELLER', 'AGENT', 'ARBITER', 'PARTNER', 'PLATFORM'],
  NOT_FOUND: ['OUTSIDER', 'FORMER', 'OTHER_PARTNER'],
  UNAUTHENTICATED: ['SUSPENDED', 'NOBODY'],
}
const TALK: Row = {
  does: ['BUYER', 'SELLER', 'AGENT', 'ARBITER'],
  NOT_FOUND: ['OUTSIDER', 'FORMER'],
  FORBIDDEN: ['PARTNER', 'OTHER_PARTNER', 'PLATFORM'],
  UNAUTHENTICATED: ['SUSPENDED', 'NOBODY'],
}
const SOMEBODY_ELSES: Row = {
  FORBIDDEN: ['BUYER', 'SELLER', 'AGENT', 'ARBITER', 'PARTNER', 'OTHER_PARTNER', 'PLATFORM'],
  NOT_FOUND: ['OUTSIDER', 'FORMER'],
  UNAUTHENTICATED: ['SUSPENDED', 'NOBODY'],
}
const NONSENSE: Row = {
  BAD_USER_INPUT: ['BUYER', 'SELLER', 'AGENT', 'ARBITER', 'OUTSIDER', 'FORMER'],
  FORBIDDEN: ['PARTNER', 'OTHER_PARTNER', 'PLATFORM'],
  UNAUTHENTICATED: ['SUSPENDED', 'NOBODY'],
}
const RUN: Row = {
  does: ['PLATFORM'],
  FORBIDDEN: ['BUYER', 'SELLER', 'AGENT', 'ARBITER', 'OUTSIDER', 'FORMER', 'PARTNER', 'OTHER_PARTNER'],
  UNAUTHENTICATED: ['SUSPENDED', 'NOBODY'],
}

/** Every root field but those that take the id of any node; several rows of one where it depends on what is asked. */
export const ROOT_FIELDS = {
  'Query.viewer': OWN,
  'Query.transaction': SHOWN,
  'Query.transactions': SHOWN,
  'Query.message': SHOWN,
  'Query.messages': READ,
  'Query.unreadCount of the deal': READ,
  'Query.unreadCount of all': OWN,

  'Mutation.sendMessage': TALK,
  'Mutation.sendMessage without a word': NONSENSE,
  'Mutation.editMessage of their own': TALK,
  "Mutation.editMessage of somebody else's": SOMEBODY_ELSES,
  'Mutation.editMessage to nothing': NONSENSE,
  'Mutation.deleteMessage of their own': TALK,
  "Mutation.deleteMessage of somebody else's": SOMEBODY_ELSES,
  'Mutation.markRead': TALK,
  'Mutation.setTyping': TALK,
  'Mutation.upsertUser': RUN,
  'Mutation.upsertTransaction': RUN,
  'Mutation.postSystemMessage': RUN,
  'Mutation.changeTransactionStatus': RUN,

  'Subscription.messageAdded': READ,
  'Subscription.messageChanged': READ,
  'Subscription.transactionStatusChanged': READ,
  'Subscription.timelineAdvanced': READ,
  'Subscription.typingChanged': READ,
  'Subscription.messagesRead': READ,
  'Subscription.presenceChanged': {
    sees: ['BUYER', 'SELLER', 'AGENT', 'ARBITER', 'PLATFORM'],
    NOT_FOUND: ['OUTSIDER', 'FORMER'],
    FORBIDDEN: ['PARTNER', 'OTHER_PARTNER'],
    UNAUTHENTICATED: ['SUSPENDED', 'NOBODY'],
  },
  'Subscription.inboxChanged': {
    sees: ['BUYER', 'SELLER', 'AGENT', 'ARBITER'],
    'sees nothing': ['OUTSIDER', 'FORMER'],
    FORBIDDEN: ['PARTNER', 'OTHER_PARTNER', 'PLATFORM'],
    UNAUTHENTICATED: ['SUSPENDED', 'NOBODY'],
  },
} as const satisfies Record<string, Row>

export type RootRow = keyof typeof ROOT_FIELDS

/** Every type of node, through `node` and through `nodes`. */
export const NODE_FIELDS = ['Query.node', 'Query.nodes'] as const
export const NODE_TYPES: Readonly<Record<string, Row>> = {
  User: SHOWN,
  Transaction: SHOWN,
  Participant: SHOWN,
  Message: SHOWN,
  MessageSent: SHOWN,
  MessageEdited: SHOWN,
  MessageDeleted: SHOWN,
  StatusChanged: SHOWN,
  ParticipantJoined: SHOWN,
  ParticipantLeft: SHOWN,
}

/** HTTP takes queries and mutations. */
export const SUBSCRIPTION_OVER_HTTP: Row = {
  BAD_USER_INPUT: ['BUYER', 'SELLER', 'AGENT', 'ARBITER', 'OUTSIDER', 'FORMER', 'PARTNER', 'OTHER_PARTNER', 'PLATFORM'],
  UNAUTHENTICATED: ['SUSPENDED', 'NOBODY'],
}

/** @throws {Error} when the row says nothing of a kind of viewer, or two things. */
export function outcomeFor(row: Row, kind: ViewerKind): Outcome {
  const outcomes = (Object.keys(row) as Outcome[]).filter((outcome) => row[outcome]?.includes(kind))
  if (outcomes.length !== 1 || outcomes[0] === undefined) {
    throw new Error(`${kind} has ${outcomes.length} entries, and not one, in ${JSON.stringify(row)}`)
  }
  return outcomes[0]
}

/** The root field that a row is about: what follows the name says what is asked of it. */
export function fieldOf(row: string): string {
  return row.split(' ', 1)[0] ?? ''
}
