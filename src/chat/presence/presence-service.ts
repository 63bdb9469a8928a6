import type { Viewer } from '../../auth/viewer.js'
import type { Leases } from '../../events/leases.js'
import { PassingSubscription } from '../timeline/passing-subscription.js'
import type { TimelineService } from '../timeline/timeline-service.js'
import { HIDDEN, type Presence, presenceOf } from './presence.js'
import { type PresencePolicy, requireMayFollowPresence } from './presence-policy.js'
import type { PresenceStore } from './presence-store.js'
import type { PersonPresence, PresenceWatch } from './presence-watch.js'
import { WatchedParticipants } from './watched-participants.js'

/** Says who is online, to whom it may be told. */
export class PresenceService {
  readonly #presences: PresenceStore
  readonly #presencePolicy: PresencePolicy
  readonly #leases: Leases
  readonly #watch: PresenceWatch
  readonly #timeline: TimelineService

  constructor(parts: {
    presences: PresenceStore
    presencePolicy: PresencePolicy
    leases: Leases
    watch: PresenceWatch
    timeline: TimelineService
  }) {
    this.#presences = parts.presences
    this.#presencePolicy = parts.presencePolicy
    this.#leases = parts.leases
    this.#watch = parts.watch
    this.#timeline = parts.timeline
  }

  /** Whether each of these people is online, in their order; of whom the viewer isn't told, that they are not. */
  async find(viewer: Viewer, userKeys: readonly string[]): Promise<Presence[]> {
    // Read first, then asked: what is shown was theirs to see after it was read. And whoever goes is written down before.
    const leases = await this.#leases.read('presence', userKeys)
    const lastSeen = await this.#presencePolicy.toldOf(viewer, userKeys)
    return userKeys.map((userKey) => {
      const lastSeenAt = lastSeen.get(userKey)
      return lastSeenAt === undefined ? HIDDEN : presenceOf(leases.get(userKey) ?? [], lastSeenAt)
    })
  }

  /**
   * Tells of the people of a transaction when they come online or go offline, those who join included. It ends with
   * NOT_FOUND when the viewer leaves.
   *
   * @throws {ForbiddenError} to partners.
   * @throws {NotFoundError} when there is no such transaction or the viewer may not see it.
   */
  async follow(viewer: Viewer, transactionKey: string): Promise<PassingSubscription<PersonPresence>> {
    requireMayFollowPresence(viewer)
    const timeline = await this.#timeline.follow(viewer, transactionKey, {
      kinds: ['PARTICIPANT_JOINED', 'PARTICIPANT_LEFT'],
    })
    const participants = new WatchedParticipants(this.#watch)
    try {
      // After the timeline's beginning: who comes or goes meanwhile is told by that.
      await participants.addAll(await this.#presences.findParticipants(transactionKey))
    } catch (error) {
      await timeline.return()
      throw error
    }
    return new PassingSubscription({
      values: participants.changes,
      timeline,
      onEntry: (entry) => participants.heed(entry),
      release: () => participants.stop(),
    })
  }
}
