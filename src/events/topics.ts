import type { Message, Participant, TimelineEntry, User } from '../generated/prisma/client.js'

/** A message with whom it is from: null for the platform. */
export type MessageWithSender = Message & { readonly sender: User | null }

/** An entry of a timeline with all that belongs to it, as it goes to listeners. */
export type LiveEntry = TimelineEntry & {
  readonly message: MessageWithSender | null
  readonly actor: User | null
  readonly user: User | null
}

/** A timeline got longer, or its transaction is another partner's now: the doorbell. */
export interface TimelineAdvanced {
  /** The newest position now. */
  readonly position: number
  /** The newest entries, in order and without a gap up to `position`; empty when whoever wants them has to read them. */
  readonly entries: readonly LiveEntry[]
  /** Whose it is now; left out when that is as it was. */
  readonly partnerClientId?: string | null | undefined
}

/** Somebody began to type, goes on typing, or stopped. */
export interface TypingChanged {
  readonly user: User
  /** When the indicator goes out by itself; null when it was put out. */
  readonly expiresAt: Date | null
}

/** A person's seat with whose it is. */
export type SeatWithUser = Participant & { readonly user: User }

/** Somebody said that they have read further. */
export interface MessagesRead {
  readonly participant: SeatWithUser
}

/** One of a person's transactions moved, came or went: whoever wants to know how it stands has to read it. */
export interface InboxChanged {
  readonly transactionKey: string
}

/** Every topic of the bus, with what is published on it. A topic is a kind and the key of what it is about. */
export interface Topics {
  /** By transaction key. */
  readonly timelineAdvanced: TimelineAdvanced
  /** By transaction key. */
  readonly typingChanged: TypingChanged
  /** By transaction key. */
  readonly messagesRead: MessagesRead
  /** By user key. Whether they are online now, the presence leases say. */
  readonly presenceChanged: Readonly<Record<string, never>>
  /** By user key. */
  readonly inboxChanged: InboxChanged
}
