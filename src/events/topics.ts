import type { Message, TimelineEntry, User } from '../generated/prisma/client.js'

/** A message with whom it is from: null for the platform. */
export type MessageWithSender = Message & { readonly sender: User | null }

/** An entry of a timeline with all that belongs to it, as it goes to listeners. */
export type LiveEntry = TimelineEntry & {
  readonly message: MessageWithSender | null
  readonly actor: User | null
  readonly user: User | null
}

/** A timeline got longer: the doorbell. */
export interface TimelineAdvanced {
  /** The newest position now. */
  readonly position: number
  /** The newest entries, in order and without a gap up to `position`; empty when whoever wants them has to read them. */
  readonly entries: readonly LiveEntry[]
}

/** Every topic of the bus, with what is published on it. A topic is a kind and the key of what it is about. */
export interface Topics {
  /** By transaction key. */
  readonly timelineAdvanced: TimelineAdvanced
}
