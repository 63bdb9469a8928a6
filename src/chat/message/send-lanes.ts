import type { EventBus } from '../../events/event-bus.js'
import type { LiveEntry, MessageWithSender } from '../../events/topics.js'
import type { Send } from './message.js'
import type { MessageStore } from './message-store.js'
import { SendLane } from './send-lane.js'
import type { SendOutcome } from './send-statement.js'

const LANE_COUNT = 4

/** A few lanes of group commit, by transaction, so that a transaction that is locked holds up only its lane. */
export class SendLanes {
  readonly #lanes: readonly SendLane[]

  constructor(store: MessageStore, bus: EventBus) {
    this.#lanes = Array.from({ length: LANE_COUNT }, () => new SendLane(store, (messages) => announce(bus, messages)))
  }

  /** @throws {ServiceUnavailableError} when the message is not known to be stored. */
  send(send: Send): Promise<SendOutcome> {
    const lane = this.#lanes[hash(send.transactionKey) % LANE_COUNT]
    if (!lane) throw new RangeError('There is no such lane')
    return lane.send(send)
  }
}

/** FNV-1a, 32 bits. */
function hash(text: string): number {
  let value = 0x811c9dc5
  for (let index = 0; index < text.length; index += 1) {
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193)
  }
  return value >>> 0
}

/** One ring a transaction, with all that the commit brought to it. */
function announce(bus: EventBus, messages: readonly MessageWithSender[]): void {
  const entries = new Map<string, LiveEntry[]>()
  for (const message of messages) {
    const known = entries.get(message.transactionKey)
    if (known) known.push(sentEntry(message))
    else entries.set(message.transactionKey, [sentEntry(message)])
  }
  // The database answers in the order of the sends, and so gives positions in that order.
  for (const [transactionKey, sent] of entries) {
    bus.publish('timelineAdvanced', transactionKey, { position: sent.at(-1)?.position ?? 0, entries: sent })
  }
}

function sentEntry(message: MessageWithSender): LiveEntry {
  return {
    transactionKey: message.transactionKey,
    position: message.position,
    kind: 'MESSAGE_SENT',
    actorKey: message.senderKey,
    messageId: message.id,
    userKey: null,
    data: { content: message.content },
    occurredAt: message.createdAt,
    message,
    actor: message.sender,
    user: null,
  }
}
