import { LatestValues } from '../../events/latest-values.js'
import type { LiveEntry } from '../../events/topics.js'
import type { User } from '../../generated/prisma/client.js'
import { whoLeft } from '../timeline/timeline.js'
import type { PersonPresence, PresenceWatch, Watching } from './presence-watch.js'

/** The people of a transaction, watched for one subscriber: whoever joins is, whoever leaves is no more. */
export class WatchedParticipants {
  /** By the key of the person. */
  readonly changes = new LatestValues<string, PersonPresence>()
  readonly #watch: PresenceWatch
  readonly #watched = new Map<string, Watching>()
  #isStopped = false

  constructor(watch: PresenceWatch) {
    this.#watch = watch
  }

  /** Resolves when it is known how each of them stands. */
  async addAll(users: readonly User[]): Promise<void> {
    await Promise.all(users.map((user) => this.#add(user).ready))
  }

  /** Somebody joined or left. A change of role is both, and neither. */
  heed(entry: LiveEntry): void {
    if (entry.kind === 'PARTICIPANT_JOINED' && entry.user) void this.#welcome(entry.user)
    const left = whoLeft(entry)
    if (left !== null) this.#remove(left)
  }

  stop(): void {
    this.#isStopped = true
    for (const userKey of [...this.#watched.keys()]) this.#remove(userKey)
  }

  /** Until now they were offline to the subscriber: that they are online is news. */
  async #welcome(user: User): Promise<void> {
    if (this.#isStopped || this.#watched.has(user.key)) return
    const watching = this.#add(user)
    await watching.ready
    if (this.#watched.get(user.key) !== watching) return
    if (watching.current?.presence.isOnline) this.changes.set(user.key, watching.current)
  }

  #add(user: User): Watching {
    const watching = this.#watch.watch(user, (changed) => this.changes.set(user.key, changed))
    this.#watched.set(user.key, watching)
    return watching
  }

  #remove(userKey: string): void {
    this.#watched.get(userKey)?.stop()
    this.#watched.delete(userKey)
    this.changes.delete(userKey)
  }
}
