import { expect } from 'vitest'
import { encodeCursor } from '../../../src/chat/timeline/timeline-cursor.js'
import type { TimelineEntryKind } from '../../../src/generated/prisma/client.js'
import { type Answer, NodeModel, type RingFate } from './node-model.js'
import { SubscriberModel } from './subscriber-model.js'
import { type Act, DEAL, TimelineModel } from './timeline-model.js'

/** How somebody follows the deal. */
export interface Following {
  /** On which of the two nodes. */
  readonly node: number
  readonly kinds: readonly TimelineEntryKind[]
  /** Whether they take part, and must; the platform sees everything. */
  readonly needsSeat: boolean
}

/** Numbers named `pick` choose one of those there are at that moment. */
export type Step =
  | { readonly step: 'commit'; readonly act: Act }
  | { readonly step: 'ring'; readonly node: number; readonly pick: number; readonly how: RingFate }
  | { readonly step: 'answer'; readonly node: number; readonly pick: number; readonly answer: Answer }
  | { readonly step: 'heal'; readonly node: number }
  /** `behind`: how far the cursor is behind the head; null for none. */
  | ({ readonly step: 'open'; readonly behind: number | null } & Following)
  | { readonly step: 'take' | 'close'; readonly pick: number }
  | { readonly step: 'reconnect'; readonly node: number; readonly pick: number }

interface Subscriber {
  readonly model: SubscriberModel
  readonly following: Following
}

/** Lets everything happen that can happen by itself. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 3; turn += 1) await new Promise(setImmediate)
}

/** Two nodes on one deal, and all who follow it there. After each step everybody has got only what they should have. */
export class Scene {
  readonly timeline = new TimelineModel()
  readonly nodes = [new NodeModel(this.timeline), new NodeModel(this.timeline)] as const
  readonly #subscribers: Subscriber[] = []
  readonly #check: () => void

  /** @param check is called after each step. */
  constructor(check: () => void) {
    this.#check = check
  }

  /** How many entries were delivered to all together. */
  get delivered(): number {
    return this.#subscribers.reduce((sum, { model }) => sum + model.delivered, 0)
  }

  /** How many subscriptions ended because the reader left. */
  get ended(): number {
    return this.#subscribers.filter(({ model }) => model.end === 'NOT_FOUND').length
  }

  async play(steps: readonly Step[]): Promise<void> {
    for (const step of steps) {
      this.#do(step)
      await this.#settle()
    }
    await this.#quiet()
    await this.#leave()
  }

  #do(step: Step): void {
    if (step.step === 'commit') {
      const ring = this.timeline.commit(step.act)
      if (ring) for (const node of this.nodes) node.expectRing(ring)
    } else if (step.step === 'ring') this.#node(step.node).ring(step.pick, step.how)
    else if (step.step === 'answer') this.#node(step.node).answer(step.pick, step.answer)
    else if (step.step === 'heal') void this.#node(step.node).followers.heal()
    else if (step.step === 'open') {
      this.#open(step, step.behind === null ? null : Math.max(0, this.timeline.head - step.behind))
    } else this.#doAs(this.#subscribers[step.pick % this.#subscribers.length], step)
  }

  #doAs(subscriber: Subscriber | undefined, step: Extract<Step, { step: 'take' | 'close' | 'reconnect' }>): void {
    if (!subscriber) return
    const { model, following } = subscriber
    if (step.step === 'take') model.take()
    else if (model.end !== 'NOT_FOUND') {
      void model.close()
      // With the newest cursor, as clients should.
      if (step.step === 'reconnect') this.#open({ ...following, node: step.node }, model.cursor)
    }
  }

  #open({ node, kinds, needsSeat }: Following, after: number | null): void {
    if (needsSeat && !this.timeline.hasSeat) return
    const { followers, service, told } = this.#node(node)
    const viewer = needsSeat ? 'reader' : 'platform'
    const cursor = after === null ? null : encodeCursor(DEAL, after)
    const opened = service.follow(NodeModel.viewers[viewer], DEAL, { after: cursor, kinds })
    const model = new SubscriberModel({ timeline: this.timeline, opened, after, kinds, needsSeat, told })
    this.#subscribers.push({ model, following: { node, kinds, needsSeat } })
    expect(followers.size).toBeLessThanOrEqual(1)
  }

  /** The bells stay silent, the database answers, everybody reads: in the end everyone has everything, and no one asks. */
  async #quiet(): Promise<void> {
    const open = this.#subscribers.map(({ model }) => model).filter(({ end }) => end === null)
    const isBusy = () => open.some((model) => model.isWaiting) || this.nodes.some((node) => node.questionCount > 0)
    for (let round = 0; isBusy(); round += 1) {
      expect(round, 'rounds until everyone has everything').toBeLessThan(100)
      for (const node of this.nodes) void node.followers.heal()
      for (const model of open) model.takeAll()
      for (const node of this.nodes) node.answerAll({ size: 100 })
      await this.#settle()
    }
  }

  /** Nobody leaves anything behind. */
  async #leave(): Promise<void> {
    for (const { model } of this.#subscribers) void model.close()
    for (const node of this.nodes) node.answerAll('AWAY')
    await this.#settle()
    expect(this.#subscribers.filter(({ model }) => !model.isGone)).toEqual([])
    for (const { followers, listenerCount } of this.nodes) expect({ size: followers.size, listenerCount }).toEqual(GONE)
  }

  async #settle(): Promise<void> {
    await settle()
    for (const node of this.nodes) node.told.remember()
    for (const { model } of this.#subscribers) if (model.failure) throw model.failure
    this.#check()
  }

  #node(index: number): NodeModel {
    return index === 0 ? this.nodes[0] : this.nodes[1]
  }
}

const GONE = { size: 0, listenerCount: 0 }
