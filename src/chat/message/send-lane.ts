import { ServiceUnavailableError } from '../../errors.js'
import type { Send } from './message.js'
import { BatchRejectedError, type MessageStore, OutcomeUnknownError } from './message-store.js'
import { refuseIfLate, type SendJob, SendQueue } from './send-queue.js'
import type { SendAnswer, Sent } from './send-statement.js'

export interface SendLaneParts {
  readonly maxBatchSize: number
  readonly now: () => number
  /** Stores a batch, as `MessageStore` does it. */
  readonly store: (sends: readonly Send[]) => Promise<SendAnswer[]>
  readonly findStored: MessageStore['findStored']
  /** Hears what each commit stored, before any of its senders; in a transaction, in the order of positions. */
  readonly onCommitted: (sent: readonly Sent[]) => void
  /** Takes over a job whose transaction is locked: settling it is no business of this lane any more. */
  readonly onLocked: (job: SendJob) => void
  /** Begins a commit when it may; left out: at once. */
  readonly inTurn?: (commit: () => Promise<void>) => Promise<void>
  /** Nothing waits here any more. */
  readonly onIdle?: () => void
}

/**
 * Group commit. What arrives while a commit is under way waits for it, and then goes together in the next: one call and
 * one fsync for all. There is no timer: who comes alone goes at once.
 */
export class SendLane {
  readonly #parts: SendLaneParts
  readonly #queue = new SendQueue()
  #isCommitting = false

  constructor(parts: SendLaneParts) {
    this.#parts = parts
  }

  /** Settles the job in its turn, or hands it on when its transaction is locked. */
  add(job: SendJob): void {
    this.#queue.add(job)
    if (!this.#isCommitting) void this.#commitAll()
  }

  async #commitAll(): Promise<void> {
    const { inTurn = (commit) => commit(), onIdle } = this.#parts
    this.#isCommitting = true
    // What arrives in this very tick goes along with the first.
    await null
    while (!this.#queue.isEmpty) await inTurn(() => this.#commitNext())
    this.#isCommitting = false
    onIdle?.()
  }

  async #commitNext(): Promise<void> {
    const batch = this.#queue.take(this.#parts.maxBatchSize, this.#parts.now())
    if (batch.length === 0) return
    try {
      await this.#commit(batch)
    } catch (error) {
      if (error instanceof BatchRejectedError) await this.#commitOneByOne(batch)
      else for (const job of batch) job.reject(error)
    }
  }

  async #commitOneByOne(batch: readonly SendJob[]): Promise<void> {
    for (const job of batch) {
      if (refuseIfLate(job, this.#parts.now())) continue
      try {
        await this.#commit([job])
      } catch (error) {
        job.reject(error)
      }
    }
  }

  /** @throws when none of these is settled. */
  async #commit(jobs: readonly SendJob[]): Promise<void> {
    let answers: SendAnswer[]
    try {
      answers = await this.#parts.store(jobs.map(({ send }) => send))
    } catch (error) {
      if (error instanceof OutcomeUnknownError) return this.#lookUp(jobs)
      throw error
    }
    this.#parts.onCommitted(answers.filter((answer) => answer.kind === 'SENT'))
    for (const [index, job] of jobs.entries()) {
      const answer = answers[index]
      if (!answer) job.reject(new Error('The database answered for fewer sends than it was given'))
      else if (answer.kind === 'LOCKED') this.#parts.onLocked(job)
      else job.resolve(answer)
    }
  }

  /** After a lost connection: what is stored under our ids was committed. Of the rest nothing is acknowledged. */
  async #lookUp(jobs: readonly SendJob[]): Promise<void> {
    const stored = await this.#parts.findStored(jobs.map(({ send }) => send.messageId)).catch(() => [])
    const sent = stored.map((message): Sent => ({ kind: 'SENT', message, seatedKeys: [] }))
    const byId = new Map(sent.map((each) => [each.message.id, each]))
    this.#parts.onCommitted(sent)
    for (const job of jobs) {
      const stays = byId.get(job.send.messageId)
      if (stays) job.resolve(stays)
      else job.reject(new ServiceUnavailableError())
    }
  }
}
