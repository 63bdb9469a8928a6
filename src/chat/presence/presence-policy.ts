import type { Viewer } from '../../auth/viewer.js'
import { ForbiddenError } from '../../errors.js'
import type { LastSeen, PresenceStore } from './presence-store.js'

/** @throws {ForbiddenError} to partners, who read what was said and not who is there. */
export function requireMayFollowPresence(viewer: Viewer): void {
  if (viewer.kind === 'PARTNER') {
    throw new ForbiddenError('Who is online is told to the participants of a transaction, and not to partners.')
  }
}

/** The one place that decides who is told whether somebody is connected. */
export class PresencePolicy {
  readonly #presences: PresenceStore

  constructor(presences: PresenceStore) {
    this.#presences = presences
  }

  /**
   * Of these people those of whom the viewer is told, with when they were last seen. Users are told of themselves and of
   * whoever shares a current transaction with them, the platform of everyone, partners of nobody. At most one statement.
   */
  async toldOf(viewer: Viewer, userKeys: readonly string[]): Promise<LastSeen> {
    switch (viewer.kind) {
      case 'USER':
        return this.#presences.findSharing(viewer.user.key, userKeys)
      case 'PLATFORM': {
        const users = await this.#presences.findMany(userKeys)
        return new Map(users.map(({ key, lastSeenAt }) => [key, lastSeenAt]))
      }
      case 'PARTNER':
        return new Map()
    }
  }
}
