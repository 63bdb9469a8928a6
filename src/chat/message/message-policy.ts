import type { UserViewer, Viewer } from '../../auth/viewer.js'
import { BadUserInputError, ForbiddenError, NotFoundError } from '../../errors.js'
import type { Message } from '../../generated/prisma/client.js'
import type { TransactionPolicy } from '../transaction/transaction-policy.js'
import type { MessageStore } from './message-store.js'

/** Who may see and change a message. Whoever sees its transaction sees it; only its sender changes it. */
export class MessagePolicy {
  readonly #messages: MessageStore
  readonly #transactionPolicy: TransactionPolicy

  constructor(messages: MessageStore, transactionPolicy: TransactionPolicy) {
    this.#messages = messages
    this.#transactionPolicy = transactionPolicy
  }

  /** @throws {NotFoundError} when there is no such message or the viewer may not see it. */
  async requireVisible(viewer: Viewer, messageId: string, field: string): Promise<Message> {
    const [message] = await this.#transactionPolicy.onlyVisible(viewer, await this.#messages.findMany([messageId]))
    if (!message) throw new NotFoundError('message', field)
    return message
  }

  /** @throws {NotFoundError} @throws {BadUserInputError} when it is a message of another transaction. */
  async requireVisibleIn(viewer: Viewer, transactionKey: string, messageId: string, field: string): Promise<Message> {
    // First of all: whether a message exists is told only to those who may see the transaction.
    await this.#transactionPolicy.requireAccess(viewer, transactionKey)
    const message = await this.requireVisible(viewer, messageId, field)
    if (message.transactionKey === transactionKey) return message
    throw new BadUserInputError(`\`${field}\` is a message of another transaction.`, { field })
  }

  /** @throws {NotFoundError} @throws {ForbiddenError} when somebody else sent it. */
  async requireOwn(viewer: UserViewer, messageId: string): Promise<Message> {
    const message = await this.requireVisible(viewer, messageId, 'messageId')
    if (message.senderKey === viewer.user.key) return message
    throw new ForbiddenError('Only the sender of a message may change it.')
  }
}
