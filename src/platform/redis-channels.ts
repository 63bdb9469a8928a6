import { EventEmitter } from 'node:events'
import type { Redis } from 'ioredis'

const ACKNOWLEDGED_WITHIN_MS = 500
const CHANNELS_A_COMMAND = 500

/**
 * The channels that this node listens to, over one connection. What is wanted is remembered here, and made good whenever
 * the connection is there anew; so asking for a channel never fails, and waits no longer than Redis takes to answer.
 *
 * It has the methods and events of an ioredis client that `graphql-redis-subscriptions` uses. That library takes a
 * failing SUBSCRIBE for the end of the process, and forgets a channel that is left before Redis has acknowledged it.
 * Neither can happen here.
 */
export class RedisChannels extends EventEmitter<{
  messageBuffer: [channel: Buffer, message: Buffer]
  /** All that is wanted is listened to on a new connection. */
  ready: []
  /** Redis doesn't let us listen. */
  refused: [error: Error]
}> {
  readonly #subscriber: Redis
  readonly #wanted = new Set<string>()
  /** Who waits for an acknowledgement. */
  readonly #waiting = new Set<() => void>()

  constructor(subscriber: Redis) {
    super()
    this.#subscriber = subscriber
    subscriber.on('messageBuffer', (channel: Buffer, message: Buffer) => this.emit('messageBuffer', channel, message))
    subscriber.on('ready', () => void this.#subscribeToAll())
    subscriber.on('close', () => this.#stopWaiting())
  }

  /** @param onDone called when Redis has acknowledged it; or can't, or hasn't for half a second, and it is made good later. */
  subscribe(channel: string, onDone: () => void = () => {}): void {
    this.#wanted.add(channel)
    if (!this.#isReady) {
      onDone()
      return
    }
    const done = () => {
      clearTimeout(timer)
      if (this.#waiting.delete(done)) onDone()
    }
    const timer = setTimeout(done, ACKNOWLEDGED_WITHIN_MS)
    this.#waiting.add(done)
    this.#subscriber.subscribe(channel).then(done, done)
  }

  unsubscribe(channel: string): void {
    this.#wanted.delete(channel)
    // Where it fails the connection is gone, and the channel with it.
    if (this.#isReady) this.#subscriber.unsubscribe(channel).catch(() => {})
  }

  /** The library leaves a pattern of the same name with each channel. There are none. */
  punsubscribe(): void {}

  get #isReady(): boolean {
    return this.#subscriber.status === 'ready'
  }

  async #subscribeToAll(): Promise<void> {
    const channels = [...this.#wanted]
    const commands: Promise<unknown>[] = []
    for (let from = 0; from < channels.length; from += CHANNELS_A_COMMAND) {
      commands.push(this.#subscriber.subscribe(...channels.slice(from, from + CHANNELS_A_COMMAND)))
    }
    try {
      await Promise.all(commands)
      this.emit('ready')
    } catch (error) {
      // Otherwise it is gone again, and the next connection is asked for all of them.
      if (error instanceof Error && error.name === 'ReplyError') this.emit('refused', error)
    }
  }

  #stopWaiting(): void {
    for (const done of [...this.#waiting]) done()
  }
}
