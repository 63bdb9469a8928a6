import type { ViewerKind } from './viewer-kinds.js'

// Every field of every object type: whoever sees the parent sees it, or it has a rule of its own.

/** Everyone who sees the parent sees the same in these. */
export const FOR_EVERYONE: Readonly<Record<string, string>> = {
  DeleteMessagePayload: 'message',
  EditMessagePayload: 'message',
  InboxChange: 'transaction transactionId viewer',
  MarkReadPayload: 'participant transaction viewer',
  Message: 'clientMessageId createdAt deletedAt editedAt id readBy replyTo sender sequence transaction type version',
  MessageChange: 'cursor message',
  MessageConnection: 'edges nodes pageInfo',
  MessageDeleted: 'actor id message occurredAt position',
  MessageEdge: 'cursor node',
  MessageEdited: 'actor id message occurredAt position',
  MessageSent: 'actor id message occurredAt position',
  PageInfo: 'endCursor hasNextPage hasPreviousPage startCursor',
  Participant: 'id joinedAt lastReadAt lastReadSequence leftAt role transaction user',
  ParticipantJoined: 'actor id occurredAt position role user',
  ParticipantLeft: 'actor id occurredAt position role user',
  SendMessagePayload: 'message messageEdge',
  SetTypingPayload: 'expiresAt',
  StatusChanged: 'actor id message occurredAt position previousStatus status transaction',
  TimelineConnection: 'edges nodes pageInfo',
  TimelineEdge: 'cursor node',
  Transaction:
    'createdAt id lastActivityAt lastMessage messageCount messages participants status statusChangedAt timeline timelineCursor title typingUsers',
  TransactionConnection: 'edges nodes pageInfo',
  TransactionEdge: 'cursor node',
  TransactionStatusChange: 'cursor entry',
  TypingEvent: 'expiresAt isTyping user',
  User: 'avatarUrl displayName id',
  // Of whoever asks, and so another for each: Query.viewer says which.
  Viewer: 'clientId id kind scopes tokenExpiresAt unreadCount user',

  UpsertUserPayload: 'user',
  UpsertTransactionPayload: 'transaction',
  PostSystemMessagePayload: 'message',
  ChangeTransactionStatusPayload: 'transaction',
}

/** What those who see the parent see of a field: all of it, or what says nothing. Each row names every one of them once. */
export interface Visibility {
  readonly shown: readonly ViewerKind[]
  readonly hidden: readonly ViewerKind[]
}

const ALL: Visibility = { shown: ['BUYER', 'SELLER', 'AGENT', 'ARBITER', 'PARTNER', 'PLATFORM'], hidden: [] }
const NONE: Visibility = { shown: [], hidden: ALL.shown }
const RECORD: Visibility = { shown: ['ARBITER', 'PLATFORM'], hidden: ['BUYER', 'SELLER', 'AGENT', 'PARTNER'] }
const SEATED: Visibility = { shown: ['BUYER', 'SELLER', 'AGENT', 'ARBITER'], hidden: ['PARTNER', 'PLATFORM'] }
const PRESENCE: Visibility = { shown: ['BUYER', 'SELLER', 'AGENT', 'ARBITER', 'PLATFORM'], hidden: ['PARTNER'] }
const PAST_PRESENCE: Visibility = { shown: ['PLATFORM'], hidden: ['BUYER', 'SELLER', 'AGENT', 'ARBITER', 'PARTNER'] }

/** The fields that have a rule of their own, each in every case that its rule tells apart. */
export const BY_RULE = {
  'Message.content': ALL,
  'Message.content once deleted': NONE,
  'MessageSent.content': ALL,
  'MessageSent.content once deleted': RECORD,
  'MessageEdited.content': ALL,
  'MessageEdited.content once deleted': RECORD,
  'Transaction.viewerParticipant': SEATED,
  'Transaction.viewerUnreadCount': SEATED,
  'User.isOnline': PRESENCE,
  'User.isOnline of who left': PAST_PRESENCE,
  'User.lastSeenAt': PRESENCE,
  'User.lastSeenAt of who left': PAST_PRESENCE,
} as const satisfies Record<string, Visibility>

export type VisibilityRow = keyof typeof BY_RULE
