import type { EventBus } from '../../events/event-bus.js'
import type { TimelineAdvanced } from '../../events/topics.js'

/** What one commit did to one transaction. */
export interface TransactionNews {
  readonly transactionKey: string
  /** What its timeline got by it; null when that is as it was. */
  readonly advanced: TimelineAdvanced | null
  /** In whose lists it moved, came or went: everyone with a seat in it, and those who left. */
  readonly userKeys: readonly string[]
}

/** Rings for all who listen: to the timeline first, then to a list in which the transaction is. */
export function announce(bus: EventBus, { transactionKey, advanced, userKeys }: TransactionNews): void {
  if (advanced) bus.publish('timelineAdvanced', transactionKey, advanced)
  for (const userKey of userKeys) bus.publish('inboxChanged', userKey, { transactionKey })
}
