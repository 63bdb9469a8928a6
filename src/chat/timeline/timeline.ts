import type { TimelineEntry, TimelineEntryKind } from '../../generated/prisma/client.js'
import type { TimelineEntryData } from '../transaction/transaction-log.js'

/** What an entry of the given kind remembers. Entries are written by `appendToTimeline` and `send_messages` alone. */
export function entryData<Kind extends TimelineEntryKind>(entry: TimelineEntry, kind: Kind): TimelineEntryData[Kind] {
  if (entry.kind !== kind) throw new TypeError(`Entry ${entry.position} is ${entry.kind}, not ${kind}`)
  return entry.data as TimelineEntryData[Kind]
}
