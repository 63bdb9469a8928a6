import { ServiceUnavailableError } from '../../errors.js'
import { isSameMessage, type Send } from './message.js'
import type { SendOutcome } from './send-statement.js'

const MAX_QUEUED = 5_000
const MAX_WAIT_MS = 2_000

/** A send on its way to its outcome. Of several that settle it the first counts. */
export interface SendJob {
  readonly send: Send
  /** What makes it the same as another; null when its sender gave no clientMessageId. */
  readonly key: string | null
  /** When it arrived, in milliseconds of the clock that its queue is asked with. */
  readonly since: number
  readonly outcome: Promise<SendOutcome>
  resolve(outcome: SendOutcome): void
  reject(error: unknown): void
}

export function createSendJob(send: Send, since: number): SendJob {
  const settle: Pick<SendJob, 'resolve' | 'reject'> = { resolve() {}, reject() {} }
  const outcome = new Promise<SendOutcome>((resolve, reject) => Object.assign(settle, { resolve, reject }))
  return { send, key: idempotencyKeyOf(send), since, outcome, ...settle }
}

/** None of the parts has a newline. */
function idempotencyKeyOf({ transactionKey, senderKey, clientMessageId }: Send): string | null {
  return clientMessageId === null ? null : [transactionKey, senderKey ?? '', clientMessageId].join('\n')
}

/** Refuses a job that has waited too long for its turn, for whatever reason: nothing of it was stored. */
export function refuseIfLate(job: SendJob, now: number): boolean {
  const isLate = now - job.since > MAX_WAIT_MS
  if (isLate) job.reject(new ServiceUnavailableError())
  return isLate
}

/** The sends that wait for the next commit, in the order of their arrival. */
export class SendQueue {
  #jobs: SendJob[] = []
  /** The first under each idempotency key. */
  #firstByKey = new Map<string, SendJob>()

  get isEmpty(): boolean {
    return this.#jobs.length === 0
  }

  /** The same message under the same key waits with the one that is there; what is too much is refused. */
  add(job: SendJob): void {
    const twin = job.key === null ? undefined : this.#firstByKey.get(job.key)
    if (twin && isSameMessage(twin.send, job.send)) void twin.outcome.then(job.resolve, job.reject)
    else if (this.#jobs.length >= MAX_QUEUED) job.reject(new ServiceUnavailableError())
    else this.#push(job)
  }

  /** The next to be committed together. Of equal keys only one goes, since the others must find it stored. */
  take(maxSize: number, now: number): SendJob[] {
    const batch: SendJob[] = []
    const keys = new Set<string>()
    const cutShort = new Set<string>()
    const all = this.#jobs
    this.#jobs = []
    this.#firstByKey = new Map()
    for (const job of all) {
      if (refuseIfLate(job, now)) continue
      const { transactionKey } = job.send
      const isTwin = job.key !== null && keys.has(job.key)
      if (batch.length < maxSize && !isTwin && !cutShort.has(transactionKey)) {
        batch.push(job)
        if (job.key !== null) keys.add(job.key)
      } else {
        // All that follows it in its transaction stays behind it.
        cutShort.add(transactionKey)
        this.#push(job)
      }
    }
    return batch
  }

  #push(job: SendJob): void {
    this.#jobs.push(job)
    if (job.key !== null && !this.#firstByKey.has(job.key)) this.#firstByKey.set(job.key, job)
  }
}
