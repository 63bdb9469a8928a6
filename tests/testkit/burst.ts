import { expect } from 'vitest'
import type { ErrorCode } from '../../src/errors.js'
import { post } from './http-client.js'
import { SEND } from './writing.js'

const SENDERS = 20

export interface BurstOptions {
  readonly url: string
  readonly token: string
  readonly transactionId: string
}

/** What became of a send: the message that was acknowledged, a refusal, or nothing, for the connection broke. */
export type Fate = { readonly messageId: string } | { readonly code: ErrorCode } | 'NO ANSWER'

/** Many sends at once, each under a key of its own, without an end: for tests that break something meanwhile. */
export class Burst {
  readonly fates = new Map<string, Fate>()
  readonly #options: BurstOptions
  readonly #senders: Promise<void>[]
  #underWayCount = 0
  #isStopped = false
  #wake: () => void = () => {}

  constructor(options: BurstOptions) {
    this.#options = options
    this.#senders = Array.from({ length: SENDERS }, (_, sender) => this.#send(sender))
  }

  /** Waits until this many more have been acknowledged. */
  async acknowledges(count: number): Promise<void> {
    const target = this.acknowledged.size + count
    while (this.acknowledged.size < target) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  /** How many sends have no answer yet. */
  get underWayCount(): number {
    return this.#underWayCount
  }

  /** By key, the ids of the messages whose senders were told that they are stored. */
  get acknowledged(): ReadonlyMap<string, string> {
    return new Map([...this.fates].flatMap(([key, fate]) => (isAcknowledged(fate) ? [[key, fate.messageId]] : [])))
  }

  /** Sends nothing new, and resolves when what is under way has its fate. */
  async stop(): Promise<void> {
    this.#isStopped = true
    await Promise.all(this.#senders)
  }

  /** Sends everything a second time, to the same service or the next. Fails when an acknowledged message is now another. */
  async sendAllAgain(options: BurstOptions): Promise<void> {
    const all = [...this.fates].values()
    const sendRest = async () => {
      // They share one iterator: each takes what none of the others has taken.
      for (const [key, before] of all) {
        const after = await sendOnce(options, key)
        expect(after).toEqual(isAcknowledged(before) ? before : { messageId: expect.any(String) })
        this.fates.set(key, after)
      }
    }
    await Promise.all(Array.from({ length: SENDERS }, sendRest))
  }

  async #send(sender: number): Promise<void> {
    for (let index = 1; !this.#isStopped; index += 1) {
      const key = `burst-${sender}-${index}`
      this.#underWayCount += 1
      const fate = await sendOnce(this.#options, key)
      this.#underWayCount -= 1
      this.fates.set(key, fate)
      this.#wake()
      if (fate === 'NO ANSWER') return
    }
  }
}

function isAcknowledged(fate: Fate): fate is { readonly messageId: string } {
  return typeof fate === 'object' && 'messageId' in fate
}

async function sendOnce({ url, token, transactionId }: BurstOptions, key: string): Promise<Fate> {
  try {
    const input = { transactionId, content: `This is ${key}`, clientMessageId: key }
    const { data, errors } = await post(url, SEND, { input }, { authorization: `Bearer ${token}` })
    if (data) return { messageId: data.sendMessage.message.id }
    return { code: errors[0]?.extensions?.['code'] as ErrorCode }
  } catch {
    return 'NO ANSWER'
  }
}
