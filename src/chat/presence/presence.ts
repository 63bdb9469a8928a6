import { randomUUID } from 'node:crypto'
import type { Lease } from '../../events/leases.js'

/** Whether somebody is connected, as one viewer is told it. */
export interface Presence {
  readonly isOnline: boolean
  /** While online, since when; otherwise when they were last connected, null when never. */
  readonly lastSeenAt: Date | null
}

/** What everybody is told who has no right to know. */
export const HIDDEN: Presence = { isOnline: false, lastSeenAt: null }

/** The lease of one connection: since when the person has been online, and what no other connection has. */
export function presenceMember(onlineSince: Date): string {
  return `${onlineSince.getTime()}.${randomUUID()}`
}

/** Since when a person has been online who holds these leases; null when they are not. */
export function onlineSince(leases: readonly Lease[]): Date | null {
  const starts = leases.map(({ member }) => Number.parseInt(member, 10)).filter(isInstant)
  return starts.length === 0 ? null : new Date(Math.min(...starts))
}

/** @param lastSeenAt when they were last seen, as it is stored. */
export function presenceOf(leases: readonly Lease[], lastSeenAt: Date | null): Presence {
  const since = onlineSince(leases)
  return since ? { isOnline: true, lastSeenAt: since } : { isOnline: false, lastSeenAt }
}

/** Whether a `Date` can be made of it. */
function isInstant(milliseconds: number): boolean {
  return !Number.isNaN(new Date(milliseconds).getTime())
}
