import { z } from 'zod'
import type { LiveEntry, MessageWithSender, SeatWithUser, Topics } from '../events/topics.js'
import { MessageType, ParticipantRole, TimelineEntryKind, type User, UserStatus } from '../generated/prisma/client.js'

const VERSION = 1
const HEAD = new RegExp(`^${VERSION} [0-9a-f]{16} $`)
const HEAD_BYTES = `${VERSION} 0123456789abcdef `.length
/** Above it, a doorbell goes without the entries. */
const MAX_DOORBELL_BYTES = 8_192
/** What is larger than anything that we send is not ours. */
const MAX_MESSAGE_BYTES = 65_536

const key = z.string().min(1).max(64)
const count = z.int32().min(0)
const place = z.int32().min(1)
const instant = z.iso.datetime({ precision: 3 }).transform((text) => new Date(text))

const user: z.ZodType<User> = z.object({
  key,
  displayName: z.string(),
  avatarUrl: z.string().nullable(),
  status: z.enum(UserStatus),
  lastSeenAt: instant.nullable(),
})

const message: z.ZodType<MessageWithSender> = z.object({
  id: z.uuid(),
  transactionKey: key,
  sequence: place,
  position: place,
  version: place,
  type: z.enum(MessageType),
  senderKey: key.nullable(),
  content: z.string().nullable(),
  replyToId: z.uuid().nullable(),
  clientMessageId: z.string().nullable(),
  createdAt: instant,
  editedAt: instant.nullable(),
  deletedAt: instant.nullable(),
  sender: user.nullable(),
})

const entry: z.ZodType<LiveEntry> = z.object({
  transactionKey: key,
  position: place,
  kind: z.enum(TimelineEntryKind),
  actorKey: key.nullable(),
  messageId: z.uuid().nullable(),
  userKey: key.nullable(),
  // What it holds was written by this service and is read by its kind; a foreign one is as good as its author.
  data: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
  occurredAt: instant,
  message: message.nullable(),
  actor: user.nullable(),
  user: user.nullable(),
})

const seat: z.ZodType<SeatWithUser> = z.object({
  id: z.uuid(),
  transactionKey: key,
  userKey: key,
  role: z.enum(ParticipantRole),
  joinedAt: instant,
  leftAt: instant.nullable(),
  lastReadSequence: count,
  lastReadAt: instant.nullable(),
  unreadFromSequence: count,
  user,
})

const events: { readonly [Kind in keyof Topics]: z.ZodType<Topics[Kind]> } = {
  timelineAdvanced: z
    .object({ position: place, entries: z.array(entry), partnerClientId: z.string().nullable().optional() })
    .refine(({ position, entries }) =>
      entries.every((each, index) => each.position === position - entries.length + 1 + index),
    ),
  typingChanged: z.object({ user, expiresAt: instant.nullable() }),
  messagesRead: z.object({ participant: seat }),
  presenceChanged: z.record(z.string(), z.never()),
  inboxChanged: z.object({ transactionKey: key }),
}

/** What came from the carrier: an event, what this very node has said, or something that nobody should have said. */
export type Received<Event> = { readonly event: Event } | 'echo' | 'garbage'

/**
 * Events as they go between nodes: version, node and JSON, with a space between each. The head is read before anything
 * else, so that a node's own messages, which come back to it, cost it nothing.
 */
export class EventWire {
  readonly #head: string
  readonly #headBytes: Buffer

  /** @param nodeId 16 hexadecimal digits. */
  constructor(nodeId: string) {
    this.#head = `${VERSION} ${nodeId} `
    this.#headBytes = Buffer.from(this.#head)
  }

  write<Kind extends keyof Topics>(kind: Kind, event: Topics[Kind]): Buffer {
    const message = Buffer.from(this.#head + JSON.stringify(event))
    if (message.byteLength <= MAX_DOORBELL_BYTES || kind !== 'timelineAdvanced' || !('position' in event))
      return message
    return Buffer.from(this.#head + JSON.stringify({ position: event.position, entries: [] }))
  }

  /** Never throws, whatever the message is. */
  read<Kind extends keyof Topics>(kind: Kind, topicKey: string, message: Buffer): Received<Topics[Kind]> {
    if (message.subarray(0, HEAD_BYTES).equals(this.#headBytes)) return 'echo'
    if (message.byteLength > MAX_MESSAGE_BYTES || !HEAD.test(message.toString('latin1', 0, HEAD_BYTES)))
      return 'garbage'
    try {
      const event = events[kind].parse(JSON.parse(message.toString('utf8', HEAD_BYTES)))
      return belongs(topicKey, event) ? { event } : 'garbage'
    } catch {
      return 'garbage'
    }
  }
}

/** Whether an event is about what it came under, as far as it says so. */
function belongs(topicKey: string, event: Topics[keyof Topics]): boolean {
  if ('entries' in event) return event.entries.every(({ transactionKey }) => transactionKey === topicKey)
  if ('participant' in event) return event.participant.transactionKey === topicKey
  return true
}
