import type { Viewer } from '../../auth/viewer.js'
import { requireInbox } from './inbox-policy.js'
import type { InboxSubscription } from './inbox-subscription.js'
import type { InboxWatch } from './inbox-watch.js'

/** The list of somebody's transactions, as it moves. */
export class InboxService {
  readonly #watch: InboxWatch

  constructor(watch: InboxWatch) {
    this.#watch = watch
  }

  /**
   * Tells a user of each of their transactions that moves, comes or goes, from now on: at most four times a second of each,
   * and always how it stands in the end.
   *
   * @throws {ForbiddenError} to partners and the platform.
   */
  async follow(viewer: Viewer): Promise<InboxSubscription> {
    return this.#watch.subscribe(requireInbox(viewer).user.key)
  }
}
