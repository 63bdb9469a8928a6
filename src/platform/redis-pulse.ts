import type { RedisChannels } from './redis-channels.js'
import type { RedisCommands } from './redis-clients.js'
import { explainRedisError, NO_ANSWER } from './redis-errors.js'

const INTERVAL_MS = 2_000
const INTERVAL_WHILE_AWAY_MS = 200
const ECHO_WITHIN_MS = 1_000

/** Before each pulse a key is written, and goes by itself: a server that refuses that, a replica for example, is of no use. */
const WRITE = `
redis.call('ZADD', KEYS[1], 1, 'pulse')
return redis.call('PEXPIRE', KEYS[1], 1000)
`

export interface RedisPulseParts {
  readonly commands: RedisCommands
  readonly channels: RedisChannels
  /** Nobody else's; the key has the same name. */
  readonly channel: string
  /** Whether commands go out and messages come in, as far as the connections themselves know. */
  readonly isReady: () => boolean
  /** Told each time that a pulse has come back. */
  readonly onEcho: () => void
  /** Told that a pulse has not come back, and why. No other follows until `beat()` is called. */
  readonly onSilence: (reason: string) => void
  /** Told of each error with which the server refused a pulse. */
  readonly onRefused: (error: Error) => void
}

/** Writes a key and publishes to a channel of this node alone, every 2 s, and tells whether that was heard within a second. */
export class RedisPulse {
  readonly #parts: RedisPulseParts
  /** The last that was sent, and the last that was heard. */
  #sent = 0
  #heard = 0
  #timer: NodeJS.Timeout | undefined
  #isStopped = false
  /** What the last pulse was refused for. */
  #refusal: string | null = null

  /** Begins to listen. The first pulse is sent by `beat()`. */
  constructor(parts: RedisPulseParts) {
    this.#parts = parts
    parts.channels.on('messageBuffer', (channel, message) => this.#hear(channel, message))
    parts.channels.subscribe(parts.channel)
  }

  /**
   * Sends a pulse now, or as soon as the connections are ready. When it comes back the next follows by itself; after a
   * silence, only when this is called.
   */
  beat(): void {
    if (this.#isStopped) return
    clearTimeout(this.#timer)
    if (!this.#parts.isReady()) {
      this.#timer = setTimeout(() => this.beat(), INTERVAL_WHILE_AWAY_MS)
      return
    }
    this.#sent += 1
    const pulse = this.#sent
    void this.#send(pulse)
    // Where it is this process that was held up, the echo has come by then, and is heard before the time is found to be over.
    this.#timer = setTimeout(() => setImmediate(() => this.#missEcho(pulse)), ECHO_WITHIN_MS)
  }

  stop(): void {
    this.#isStopped = true
    clearTimeout(this.#timer)
  }

  async #send(pulse: number): Promise<void> {
    const { commands, channel, onRefused } = this.#parts
    try {
      await commands.eval(WRITE, 1, channel)
      await commands.publish(channel, String(pulse))
    } catch (error) {
      // That nothing can be sent at the moment says less than why there is no connection.
      if (!(error instanceof Error) || error.name !== 'ReplyError') return
      this.#refusal = explainRedisError(error)
      onRefused(error)
    }
  }

  #hear(channel: Buffer, message: Buffer): void {
    if (channel.toString() !== this.#parts.channel || message.toString() !== String(this.#sent)) return
    if (this.#isStopped) return
    this.#heard = this.#sent
    this.#refusal = null
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.beat(), INTERVAL_MS)
    this.#parts.onEcho()
  }

  #missEcho(pulse: number): void {
    if (this.#isStopped || pulse !== this.#sent || this.#heard === pulse) return
    this.#parts.onSilence(this.#refusal ?? NO_ANSWER)
  }
}
