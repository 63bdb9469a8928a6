import type { PlatformViewer, Viewer } from '../../auth/viewer.js'
import type { User } from '../../generated/prisma/client.js'
import { checkUserInput, type UserInput } from './user.js'
import type { UserPolicy } from './user-policy.js'
import type { UserStore } from './user-store.js'

/** The people the chat knows. */
export class UserService {
  readonly #users: UserStore
  readonly #policy: UserPolicy

  constructor(users: UserStore, policy: UserPolicy) {
    this.#users = users
    this.#policy = policy
  }

  /** Of these users those who exist and whom the viewer may see. */
  async findVisible(viewer: Viewer, userKeys: readonly string[]): Promise<User[]> {
    return this.#users.findMany(await this.#policy.visibleTo(viewer, userKeys))
  }

  /**
   * Makes a user known, or changes what is known. Repeating it is safe. What is left out stays as it is; a new user is
   * ACTIVE.
   *
   * @throws {BadUserInputError}
   */
  async upsert(_platform: PlatformViewer, input: UserInput): Promise<User> {
    return this.#users.upsert(checkUserInput(input))
  }
}
