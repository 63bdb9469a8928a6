import { post } from '../testkit/http-client.js'
import type { Random } from '../testkit/random.js'
import { MARK_READ } from './documents.js'
import type { NodeFront } from './node-front.js'
import type { Subscriber } from './subscriber.js'

const EVERY_MS = 250

/** Reads what a subscriber is delivered, and says so every now and then, to any node. */
export class Reader {
  /** What was acknowledged as read: a sequence. */
  acknowledgedSequence = 0
  readonly subscriber: Subscriber
  readonly #fronts: readonly NodeFront[]
  readonly #random: Random
  #timer: NodeJS.Timeout | undefined
  #underWay: Promise<void> | null = null

  constructor(subscriber: Subscriber, fronts: readonly NodeFront[], random: Random) {
    this.subscriber = subscriber
    this.#fronts = fronts
    this.#random = random
  }

  start(): void {
    this.#timer = setInterval(() => {
      this.#underWay ??= this.#mark().finally(() => {
        this.#underWay = null
      })
    }, EVERY_MS)
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer)
    await this.#underWay
  }

  async #mark(): Promise<void> {
    const { transactionId, token } = this.subscriber.options
    const newest = this.subscriber.deliveries.at(-1)
    if (newest === undefined) return
    const input = { transactionId, upToMessageId: newest.id }
    const headers = { authorization: `Bearer ${token}` }
    try {
      const { data } = await post(this.#random.pick(this.#fronts).url, MARK_READ, { input }, headers)
      if (data) this.acknowledgedSequence = Math.max(this.acknowledgedSequence, newest.sequence)
    } catch {
      // The next says more.
    }
  }
}
