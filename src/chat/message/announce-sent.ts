import type { EventBus } from '../../events/event-bus.js'
import type { LiveEntry, MessageWithSender } from '../../events/topics.js'
import { announce } from '../transaction/transaction-news.js'
import type { Sent } from './send-statement.js'

/**
 * Rings once for each transaction, with all that one commit brought to it.
 *
 * @param sent in the order of their positions, as far as they are of the same transaction.
 */
export function announceSent(bus: EventBus, sent: readonly Sent[]): void {
  const byTransaction = new Map<string, { entries: LiveEntry[]; userKeys: readonly string[] }>()
  for (const { message, seatedKeys } of sent) {
    const known = byTransaction.get(message.transactionKey)
    const entries = known?.entries ?? []
    entries.push(sentEntry(message))
    byTransaction.set(message.transactionKey, { entries, userKeys: seatedKeys })
  }
  for (const [transactionKey, { entries, userKeys }] of byTransaction) {
    announce(bus, { transactionKey, advanced: { position: entries.at(-1)?.position ?? 0, entries }, userKeys })
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
