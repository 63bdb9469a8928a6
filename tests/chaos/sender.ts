import { setTimeout as sleep } from 'node:timers/promises'
import type { NodeFront } from './node-front.js'
import type { AcknowledgedMessage, Outcome, SendWay } from './send-ways.js'

/** What a sender knows of a message: what it said, and what it was told. */
export interface Sent {
  readonly clientMessageId: string
  readonly content: string
  readonly begunAt: number
  /** The newest acknowledgement; null before the first. */
  acknowledged: AcknowledgedMessage | null
  acknowledgedAt: number
}

/** One try of a send, when it ended, and how long it took. */
export interface Try {
  readonly at: number
  readonly tookMs: number
  readonly outcome: Outcome
}

export interface SenderOptions {
  readonly name: string
  readonly dealKey: string
  readonly transactionId: string
  readonly way: SendWay
  /** How many messages are under way at once, each waiting for its own answer. */
  readonly atOnce: number
  /** The nodes, the own one first. */
  readonly fronts: readonly [NodeFront, NodeFront]
}

const PAUSE_AFTER_FAILURE_MS = 50

/**
 * Sends one message after the other, each under a key of its own, which it tries again, on the other node the next
 * time, until it is acknowledged.
 */
export class Sender {
  readonly options: SenderOptions
  readonly sent: Sent[] = []
  readonly tries: Try[] = []
  /** How many tries have no answer yet. */
  underWayCount = 0
  /** How many of its messages are acknowledged, and the newest sequence of one. */
  acknowledgedCount = 0
  newestSequence = 0
  /** How many messages it says a second, at most; Infinity: as many as it can. */
  perSecond = Number.POSITIVE_INFINITY
  /** Called at each acknowledgement. */
  onAcknowledged: () => void = () => {}
  #lanes: Promise<void>[] = []
  #isStopping = false
  #hasGivenUp = false
  #nextAt = 0
  /** Where it sends to: its own node at first, and after each failure the other one than failed. */
  #front: NodeFront

  constructor(options: SenderOptions) {
    this.options = options
    this.#front = options.fronts[0]
  }

  start(): void {
    this.#isStopping = false
    this.#front = this.options.fronts[0]
    this.#lanes = Array.from({ length: this.options.atOnce }, () => this.#talk())
  }

  /** Begins nothing new, and resolves when all that was begun is acknowledged, or given up because that takes longer. */
  async stop(withinMs: number): Promise<void> {
    this.#isStopping = true
    const timer = setTimeout(() => this.giveUp(), withinMs)
    await Promise.all(this.#lanes)
    clearTimeout(timer)
  }

  /** Says nothing more, and sends nothing again. */
  giveUp(): void {
    this.#isStopping = true
    this.#hasGivenUp = true
  }

  /** Says one thing, and resolves when it is acknowledged, or given up. */
  async say(): Promise<Sent> {
    const { name, transactionId, way, fronts } = this.options
    const clientMessageId = `${name}-${this.sent.length + 1}`
    const content = `${clientMessageId} says: ${'la '.repeat(1 + (this.sent.length % 30))}✓`
    const sent: Sent = { clientMessageId, content, begunAt: Date.now(), acknowledged: null, acknowledgedAt: 0 }
    this.sent.push(sent)
    while (sent.acknowledged === null && !this.#hasGivenUp) {
      const front = this.#front
      const outcome = await this.#try(() => way.send(front, { transactionId, content, clientMessageId }))
      if (outcome.kind === 'ACKNOWLEDGED') {
        sent.acknowledged = outcome.message
        sent.acknowledgedAt = Date.now()
        this.acknowledgedCount += 1
        this.newestSequence = Math.max(this.newestSequence, outcome.message.sequence)
        this.onAcknowledged()
      } else {
        this.#front = fronts[front === fronts[0] ? 1 : 0]
        await sleep(PAUSE_AFTER_FAILURE_MS)
      }
    }
    return sent
  }

  async #talk(): Promise<void> {
    while (await this.#myTurn()) await this.say()
  }

  /** The node that it sends to at present. */
  get front(): NodeFront {
    return this.#front
  }

  async #try(send: () => Promise<Outcome>): Promise<Outcome> {
    const begunAt = Date.now()
    this.underWayCount += 1
    const outcome = await send()
    this.underWayCount -= 1
    this.tries.push({ at: Date.now(), tookMs: Date.now() - begunAt, outcome })
    return outcome
  }

  /** Waits until the next message may be said; false when none shall be any more. */
  async #myTurn(): Promise<boolean> {
    const now = Date.now()
    const at = Math.max(this.#nextAt, now)
    this.#nextAt = at + 1000 / this.perSecond
    if (at > now) await sleep(at - now)
    return !this.#isStopping
  }
}
