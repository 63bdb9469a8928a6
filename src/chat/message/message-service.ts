import { uuidv7 } from 'uuidv7'
import type { PlatformViewer, UserViewer, Viewer } from '../../auth/viewer.js'
import { ConflictError, NotFoundError } from '../../errors.js'
import type { EventBus } from '../../events/event-bus.js'
import type { Message, Prisma, Transaction, User } from '../../generated/prisma/client.js'
import type { Page, PageRequest } from '../page.js'
import { checkText, type TextLimits } from '../text.js'
import { announce } from '../transaction/transaction-news.js'
import type { TransactionPolicy } from '../transaction/transaction-policy.js'
import { checkSendInput, type MessageFilter, type SendInput, type SystemMessageInput } from './message.js'
import type { MessagePolicy } from './message-policy.js'
import type { Decision, MessageStore } from './message-store.js'
import type { SendLanes } from './send-lanes.js'
import { messageOf } from './send-statement.js'

/** Sends, changes and reads messages; every call asks the policy first. */
export class MessageService {
  readonly #messages: MessageStore
  readonly #lanes: SendLanes
  readonly #messagePolicy: MessagePolicy
  readonly #transactionPolicy: TransactionPolicy
  readonly #bus: EventBus
  readonly #textLimits: TextLimits
  readonly #onSent: (sender: User, transactionKey: string) => void

  constructor(parts: {
    messages: MessageStore
    lanes: SendLanes
    messagePolicy: MessagePolicy
    transactionPolicy: TransactionPolicy
    bus: EventBus
    textLimits: TextLimits
    /** Hears of each message that a person has sent, when it is stored. Never throws; the sender's answer waits for nothing else. */
    onSent: (sender: User, transactionKey: string) => void
  }) {
    this.#messages = parts.messages
    this.#lanes = parts.lanes
    this.#messagePolicy = parts.messagePolicy
    this.#transactionPolicy = parts.transactionPolicy
    this.#bus = parts.bus
    this.#textLimits = parts.textLimits
    this.#onSent = parts.onSent
  }

  /** Of these messages those that exist and that the viewer may see, with what `include` asks for. */
  async findVisible(
    viewer: Viewer,
    messageIds: readonly string[],
    include?: Prisma.MessageInclude,
  ): Promise<Message[]> {
    return this.#transactionPolicy.onlyVisible(viewer, await this.#messages.findMany(messageIds, include))
  }

  /** The same page of each transaction's messages, oldest first. The caller has made sure that the viewer may see them. */
  pages(
    transactionKeys: readonly string[],
    request: PageRequest<number>,
    filter: MessageFilter,
    include?: Prisma.MessageInclude,
  ): Promise<Page<Message>[]> {
    return this.#messages.pages(transactionKeys, request, filter, include)
  }

  /** The newest message of each transaction; null where there is none. The caller has made sure that the viewer may see them. */
  newest(transactions: readonly Transaction[], include?: Prisma.MessageInclude): Promise<(Message | null)[]> {
    return this.#messages.newest(transactions, include)
  }

  /**
   * Sends a text message. The answer means: committed, durable, and visible to every reader. With a `clientMessageId`
   * it is safe to repeat: the same again returns the first message and adds none.
   *
   * @throws {BadUserInputError} @throws {NotFoundError}
   * @throws {ConflictError} when something else was sent under the `clientMessageId`.
   * @throws {ServiceUnavailableError} when it is not known to be stored.
   */
  async send(sender: UserViewer, input: SendInput): Promise<Message> {
    const { content, clientMessageId } = checkSendInput(input, this.#textLimits)
    const { transactionKey, replyToId } = input
    if (replyToId != null) await this.#messagePolicy.requireVisibleIn(sender, transactionKey, replyToId, 'replyToId')
    const outcome = await this.#lanes.send({
      messageId: uuidv7(),
      transactionKey,
      senderKey: sender.user.key,
      type: 'TEXT',
      content,
      replyToId: replyToId ?? null,
      clientMessageId,
    })
    if (outcome.kind === 'SENT') this.#onSent(sender.user, transactionKey)
    return messageOf(outcome)
  }

  /**
   * Says something to all participants of a transaction, as a SYSTEM message. As safe to repeat as `send`.
   *
   * @throws {BadUserInputError} @throws {NotFoundError} @throws {ConflictError} @throws {ServiceUnavailableError}
   */
  async postSystem(_platform: PlatformViewer, input: SystemMessageInput): Promise<Message> {
    const checked = checkSendInput(input, this.#textLimits)
    const { transactionKey } = input
    const send = { messageId: uuidv7(), transactionKey, senderKey: null, type: 'SYSTEM', replyToId: null } as const
    return messageOf(await this.#lanes.send({ ...send, ...checked }))
  }

  /**
   * Changes the content of the viewer's own message. The same content again changes nothing.
   *
   * @throws {BadUserInputError} @throws {NotFoundError} @throws {ForbiddenError} when somebody else sent it.
   * @throws {ConflictError} when it was deleted.
   */
  async edit(sender: UserViewer, messageId: string, content: string): Promise<Message> {
    checkText(content, { field: 'content', maxLength: this.#textLimits.maxContentLength })
    return this.#change(sender, messageId, (message) => {
      if (message.deletedAt)
        throw new ConflictError("The message was deleted and can't be edited.", { field: 'messageId' })
      return message.content === content ? null : { kind: 'EDIT', content }
    })
  }

  /**
   * Deletes the viewer's own message: a tombstone without content stays in its place. A second time changes nothing.
   *
   * @throws {NotFoundError} @throws {ForbiddenError} when somebody else sent it.
   */
  async delete(sender: UserViewer, messageId: string): Promise<Message> {
    return this.#change(sender, messageId, (message) => (message.deletedAt ? null : { kind: 'DELETE' }))
  }

  async #change(sender: UserViewer, messageId: string, decide: (message: Message) => Decision): Promise<Message> {
    const { transactionKey } = await this.#messagePolicy.requireOwn(sender, messageId)
    const changed = await this.#messages.change({ messageId, transactionKey, actorKey: sender.user.key }, decide)
    if (!changed) throw new NotFoundError('message', 'messageId')
    const { message, isChanged, seatedKeys } = changed
    if (isChanged) {
      const advanced = { position: message.version, entries: [] }
      announce(this.#bus, { transactionKey, advanced, userKeys: seatedKeys })
    }
    return message
  }
}
