import type { EventBus } from '../../events/event-bus.js'
import type { LiveEntry, MessageWithSender } from '../../events/topics.js'

/**
 * Rings once for each transaction, with all that one commit brought to it.
 *
 * @param messages in the order of their positions, as far as they are of the same transaction.
 */
export function announceSent(bus: EventBus, messages: readonly MessageWithSender[]): void {
  const entries = new Map<string, LiveEntry[]>()
  for (const message of messages) {
    const known = entries.get(message.transactionKey)
    if (known) known.push(sentEntry(message))
    else entries.set(message.transactionKey, [sentEntry(message)])
  }
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
