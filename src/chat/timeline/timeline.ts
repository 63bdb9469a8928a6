import type { LiveEntry } from '../../events/topics.js'
import type { TimelineEntry, TimelineEntryKind } from '../../generated/prisma/client.js'
import type { TimelineEntryData } from '../transaction/transaction-log.js'

/** How many entries, or messages, a page has when the caller doesn't say. */
export const ENTRIES_PER_PAGE = 50

/** What an entry of the given kind remembers. Entries are written by `appendToTimeline` and `send_messages` alone. */
export function entryData<Kind extends TimelineEntryKind>(entry: TimelineEntry, kind: Kind): TimelineEntryData[Kind] {
  if (entry.kind !== kind) throw new TypeError(`Entry ${entry.position} is ${entry.kind}, not ${kind}`)
  return entry.data as TimelineEntryData[Kind]
}

/** Whose seat has been empty since this entry; null when nobody's. A change of role is a departure and a return in one. */
export function whoLeft(entry: TimelineEntry): string | null {
  if (entry.kind !== 'PARTICIPANT_LEFT') return null
  return entryData(entry, 'PARTICIPANT_LEFT').staysAs === undefined ? entry.userKey : null
}

/**
 * The entry with its message as it was then, and not as later edits left it: so it tells nothing of what came after it.
 * What was deleted since is a tombstone all the same: it is shown to nobody again.
 */
export function asAtTheTime(entry: LiveEntry): LiveEntry {
  const { message, position, occurredAt } = entry
  if (!message || message.version === position || message.deletedAt) return entry
  switch (entry.kind) {
    case 'MESSAGE_SENT': {
      const { content } = entryData(entry, 'MESSAGE_SENT')
      return { ...entry, message: { ...message, content, version: position, editedAt: null } }
    }
    case 'MESSAGE_EDITED': {
      const { content } = entryData(entry, 'MESSAGE_EDITED')
      return { ...entry, message: { ...message, content, version: position, editedAt: occurredAt } }
    }
    default:
      return entry
  }
}
