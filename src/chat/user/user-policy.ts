import type { PlatformViewer, UserViewer, Viewer } from '../../auth/viewer.js'
import { ForbiddenError } from '../../errors.js'
import type { UserStore } from './user-store.js'

/** @throws {ForbiddenError} to everyone but the platform's own backend. */
export function requirePlatform(viewer: Viewer): PlatformViewer {
  if (viewer.kind !== 'PLATFORM')
    throw new ForbiddenError('Only the backend of the platform may do this: its token has the scope `platform`.')
  return viewer
}

/** @throws {ForbiddenError} to partners and the platform, who take part in no conversation. */
export function requireUser(viewer: Viewer): UserViewer {
  if (viewer.kind !== 'USER')
    throw new ForbiddenError('Only the participants of a transaction may do this, with a token of their own.')
  return viewer
}

/** Who may see a person. */
export class UserPolicy {
  readonly #users: UserStore

  constructor(users: UserStore) {
    this.#users = users
  }

  /**
   * Of these users the ones whom the viewer may see. Users see themselves and whoever takes or took part in a current
   * transaction of theirs, partners likewise in theirs, the platform everyone.
   */
  async visibleTo(viewer: Viewer, userKeys: readonly string[]): Promise<string[]> {
    switch (viewer.kind) {
      case 'PLATFORM':
        return [...userKeys]
      case 'PARTNER':
        return this.#users.findSeated(userKeys, { partnerClientId: viewer.clientId })
      case 'USER': {
        const self = userKeys.filter((userKey) => userKey === viewer.user.key)
        return [...self, ...(await this.#users.findSeated(userKeys, { participantKey: viewer.user.key }))]
      }
    }
  }
}
