import { ServiceUnavailableError } from '../../errors.js'
import type { MessageWithSender } from '../../events/topics.js'
import { isSameMessage, type Send } from './message.js'
import { BatchRejectedError, LockNotAvailableError, type MessageStore, OutcomeUnknownError } from './message-store.js'
import type { SendOutcome } from './send-statement.js'

const MAX_BATCH_SIZE = 500
const MAX_WAITING = 5_000

/** A send that waits for its commit, with all who wait for its outcome. */
interface Job {
  readonly send: Send
  readonly key: string | null
  readonly outcome: Promise<SendOutcome>
  readonly settle: { resolve(outcome: SendOutcome): void; reject(error: unknown): void }
}

/**
 * Group commit. What arrives while a commit is under way waits for it, and then goes together in the next: one call and
 * one fsync for all. There is no timer: who comes alone goes at once.
 */
export class SendLane {
  readonly #store: MessageStore
  readonly #onCommitted: (messages: readonly MessageWithSender[]) => void
  #waiting: Job[] = []
  /** Of those that wait the first under each idempotency key. */
  #waitingByKey = new Map<string, Job>()
  #isCommitting = false

  /** @param onCommitted is told what each commit stored, before any of its senders. */
  constructor(store: MessageStore, onCommitted: (messages: readonly MessageWithSender[]) => void) {
    this.#store = store
    this.#onCommitted = onCommitted
  }

  /** @throws {ServiceUnavailableError} when it is not known to be stored. */
  send(send: Send): Promise<SendOutcome> {
    const key = idempotencyKeyOf(send)
    const twin = key === null ? undefined : this.#waitingByKey.get(key)
    if (twin && isSameMessage(twin.send, send)) return twin.outcome
    if (this.#waiting.length >= MAX_WAITING) return Promise.reject(new ServiceUnavailableError())
    const job = createJob(send, key)
    this.#waiting.push(job)
    if (key !== null && !twin) this.#waitingByKey.set(key, job)
    if (!this.#isCommitting) void this.#commitAll()
    return job.outcome
  }

  async #commitAll(): Promise<void> {
    this.#isCommitting = true
    while (this.#waiting.length > 0) await this.#commit(this.#takeBatch())
    this.#isCommitting = false
  }

  /** The first of those that wait; of sends with equal keys one only, since the others must find it stored. */
  #takeBatch(): Job[] {
    const batch: Job[] = []
    const later: Job[] = []
    const keys = new Set<string>()
    for (const job of this.#waiting) {
      const isNext = batch.length < MAX_BATCH_SIZE && (job.key === null || !keys.has(job.key))
      ;(isNext ? batch : later).push(job)
      if (job.key !== null) keys.add(job.key)
    }
    this.#waiting = later
    this.#waitingByKey = new Map(later.toReversed().flatMap((job) => (job.key === null ? [] : [[job.key, job]])))
    return batch
  }

  async #commit(batch: readonly Job[]): Promise<void> {
    try {
      this.#settle(batch, await this.#store.send(batch.map(({ send }) => send)))
    } catch (error) {
      if (error instanceof BatchRejectedError) await this.#commitOneByOne(batch)
      else if (error instanceof OutcomeUnknownError) await this.#lookUp(batch)
      else for (const { settle } of batch) settle.reject(error)
    }
  }

  async #commitOneByOne(batch: readonly Job[]): Promise<void> {
    // A transaction that is locked is waited for once by each sender, not once for each send. Not by all together: to a
    // stranger a locked transaction is no other than one that doesn't exist.
    const locked = new Set<string>()
    for (const job of batch) {
      const place = `${job.send.transactionKey}\n${job.send.senderKey ?? ''}`
      if (locked.has(place)) {
        job.settle.reject(new ServiceUnavailableError())
        continue
      }
      try {
        this.#settle([job], await this.#store.send([job.send]))
      } catch (error) {
        if (error instanceof OutcomeUnknownError) await this.#lookUp([job])
        else if (error instanceof LockNotAvailableError) {
          locked.add(place)
          job.settle.reject(new ServiceUnavailableError({ cause: error }))
        } else job.settle.reject(error)
      }
    }
  }

  /** After a lost connection: what is stored under our ids was committed. Of the rest nothing is acknowledged. */
  async #lookUp(batch: readonly Job[]): Promise<void> {
    const stored = await this.#store.findStored(batch.map(({ send }) => send.messageId)).catch(() => [])
    const byId = new Map(stored.map((message) => [message.id, message]))
    this.#onCommitted(stored)
    for (const { send, settle } of batch) {
      const message = byId.get(send.messageId)
      if (message) settle.resolve({ kind: 'SENT', message })
      else settle.reject(new ServiceUnavailableError())
    }
  }

  #settle(batch: readonly Job[], outcomes: readonly SendOutcome[]): void {
    this.#onCommitted(outcomes.flatMap((outcome) => (outcome.kind === 'SENT' ? [outcome.message] : [])))
    batch.forEach(({ settle }, index) => {
      const outcome = outcomes[index]
      if (outcome) settle.resolve(outcome)
      else settle.reject(new Error('The database answered for fewer sends than it was given'))
    })
  }
}

function createJob(send: Send, key: string | null): Job {
  const settle: Job['settle'] = { resolve() {}, reject() {} }
  const outcome = new Promise<SendOutcome>((resolve, reject) => Object.assign(settle, { resolve, reject }))
  return { send, key, outcome, settle }
}

/** What makes a send the same as another; null when its sender gave no clientMessageId. None of the parts has a newline. */
function idempotencyKeyOf({ transactionKey, senderKey, clientMessageId }: Send): string | null {
  return clientMessageId === null ? null : [transactionKey, senderKey ?? '', clientMessageId].join('\n')
}
