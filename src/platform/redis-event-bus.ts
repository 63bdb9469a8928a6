import { type PubSubRedisOptions, RedisPubSub } from 'graphql-redis-subscriptions'
import type { Logger } from 'pino'
import type { EventBus, Unsubscribe } from '../events/event-bus.js'
import type { Topics } from '../events/topics.js'
import type { Metrics } from '../metrics.js'
import { EventWire } from './event-wire.js'
import { MemoryEventBus } from './memory-event-bus.js'
import type { RedisLink } from './redis-link.js'

export interface RedisEventBusParts {
  readonly link: RedisLink
  readonly log: Logger
  readonly metrics: Pick<Metrics, 'busGarbage'>
  readonly onListenerError: (error: unknown) => void
}

/** What the library takes for a client. It asks no more of one than our commands and channels have. */
type CarrierClient = NonNullable<PubSubRedisOptions['subscriber']>

/** A topic that somebody on this node listens to. */
interface OpenTopic {
  listeners: number
  /** The carrier's number for it, once Redis has acknowledged it, or can't. */
  readonly subscription: Promise<number>
}

/**
 * The bus of several nodes. What is published here is heard here at once, in this process; the others hear it through
 * Redis. A topic is one channel, which a node listens to once, as long as anybody there does.
 */
export class RedisEventBus implements EventBus {
  readonly #link: RedisLink
  readonly #log: Logger
  readonly #metrics: Pick<Metrics, 'busGarbage'>
  readonly #local: MemoryEventBus
  readonly #wire: EventWire
  readonly #carrier: RedisPubSub
  readonly #topics = new Map<string, OpenTopic>()
  #hasSaidOfGarbage = false

  constructor({ link, log, metrics, onListenerError }: RedisEventBusParts) {
    this.#link = link
    this.#log = log
    this.#metrics = metrics
    this.#local = new MemoryEventBus(onListenerError)
    this.#wire = new EventWire(link.nodeId)
    this.#carrier = new RedisPubSub({
      publisher: link.commands as object as CarrierClient,
      subscriber: link.channels as object as CarrierClient,
      // Whole messages, which the library passes on as they are: parsing is for those that are not our own.
      messageEventName: 'messageBuffer',
      pmessageEventName: 'pmessageBuffer',
    })
  }

  get isConnected(): boolean {
    return this.#link.isConnected
  }

  publish<Kind extends keyof Topics>(kind: Kind, key: string, event: Topics[Kind]): void {
    this.#local.publish(kind, key, event)
    this.#send(kind, key, event).catch((error: unknown) => {
      const reason = error instanceof Error ? error.message : String(error)
      this.#log.debug({ kind, reason }, 'News did not go to the other nodes')
    })
  }

  async subscribe<Kind extends keyof Topics>(
    kind: Kind,
    key: string,
    listener: (event: Topics[Kind]) => void,
  ): Promise<Unsubscribe> {
    const leave = await this.#local.subscribe(kind, key, listener)
    const channel = this.#channel(kind, key)
    const topic = this.#topics.get(channel) ?? this.#open(channel, kind, key)
    topic.listeners += 1
    await topic.subscription
    let hasLeft = false
    return () => {
      if (hasLeft) return
      hasLeft = true
      leave()
      topic.listeners -= 1
      if (topic.listeners === 0) this.#close(channel, topic)
    }
  }

  async #send<Kind extends keyof Topics>(kind: Kind, key: string, event: Topics[Kind]): Promise<void> {
    if (this.#link.isConnected) await this.#carrier.publish(this.#channel(kind, key), this.#wire.write(kind, event))
  }

  #channel(kind: keyof Topics, key: string): string {
    return `${this.#link.keyPrefix}${kind}:${key}`
  }

  #open<Kind extends keyof Topics>(channel: string, kind: Kind, key: string): OpenTopic {
    const topic: OpenTopic = {
      listeners: 0,
      subscription: this.#carrier.subscribe(channel, (message: Buffer) => {
        if (topic.listeners > 0) this.#hear(kind, key, message)
      }),
    }
    this.#topics.set(channel, topic)
    return topic
  }

  #close(channel: string, topic: OpenTopic): void {
    this.#topics.delete(channel)
    // By then it has a number: nobody can leave before.
    void topic.subscription.then((id) => this.#carrier.unsubscribe(id))
  }

  #hear<Kind extends keyof Topics>(kind: Kind, key: string, message: Buffer): void {
    const received = this.#wire.read(kind, key, message)
    if (received === 'echo') return
    if (received !== 'garbage') {
      this.#local.publish(kind, key, received.event)
      return
    }
    this.#metrics.busGarbage.inc()
    if (this.#hasSaidOfGarbage) return
    this.#hasSaidOfGarbage = true
    this.#log.warn(
      { kind, bytes: message.byteLength },
      'A message on a channel in Redis is none of ours and is ignored; more of them are only counted (escrow_chat_bus_garbage_total)',
    )
  }
}
