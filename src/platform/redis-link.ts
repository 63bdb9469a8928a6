import { randomBytes } from 'node:crypto'
import { EventEmitter } from 'node:events'
import type { Logger } from 'pino'
import type { Metrics } from '../metrics.js'
import { describeRedisAddress, type RedisAddress } from '../redis-address.js'
import { RedisChannels } from './redis-channels.js'
import { endRedisClient, openRedisClients, type RedisClients, type RedisCommands } from './redis-clients.js'
import { explainRedisError, NO_CONNECTION } from './redis-errors.js'

const PULSE_INTERVAL_MS = 2_000
const PULSE_INTERVAL_WHILE_AWAY_MS = 200
const ECHO_WITHIN_MS = 1_000
const NO_ANSWER = 'it does not answer'

/** Before each pulse a key is written, and goes by itself: a server that refuses that, a replica for example, is of no use. */
const WRITE = `
redis.call('ZADD', KEYS[1], 1, 'pulse')
return redis.call('PEXPIRE', KEYS[1], 1000)
`

export interface RedisLinkOptions {
  readonly address: RedisAddress
  readonly keyPrefix: string
  readonly log: Logger
  readonly metrics: Pick<Metrics, 'busLosses'>
}

/**
 * This node's connection to Redis. A node is connected as long as it can write and hears itself: every 2 s it writes a key,
 * and publishes a pulse to a channel of its own. That way also a server that hangs, a connection that died without a word, and a subscriber that
 * listens to a master of yesterday are noticed; then both connections are made anew.
 */
export class RedisLink {
  /** Tells this node's messages from others'. */
  readonly nodeId = randomBytes(8).toString('hex')
  readonly keyPrefix: string
  readonly channels: RedisChannels
  readonly isCluster: boolean
  readonly #clients: RedisClients
  readonly #address: RedisAddress
  readonly #description: string
  readonly #log: Logger
  readonly #metrics: Pick<Metrics, 'busLosses'>
  readonly #pulseChannel: string
  readonly #events = new EventEmitter<{ connected: [] }>()
  #isConnected = false
  #isInUse = false
  #isSaidToBeLost = false
  #isClosed = false
  #pulse = 0
  /** The last that was heard. */
  #echo = 0
  #timer: NodeJS.Timeout | undefined
  #reason: string | null = null
  /** What the last pulse was refused for. */
  #refusal: string | null = null

  /** Begins to connect. */
  constructor({ address, keyPrefix, log, metrics }: RedisLinkOptions) {
    this.keyPrefix = keyPrefix
    this.isCluster = address.topology === 'cluster'
    this.#address = address
    this.#description = describeRedisAddress(address)
    this.#log = log
    this.#metrics = metrics
    this.#pulseChannel = `${keyPrefix}pulse:${this.nodeId}`
    this.#clients = openRedisClients(address, (error) => this.#note(error))
    this.channels = new RedisChannels(this.#clients.subscriber)
    this.channels.on('messageBuffer', (channel, message) => this.#hear(channel, message))
    this.channels.subscribe(this.#pulseChannel)
    this.channels.on('ready', () => this.#beat())
    this.channels.on('refused', (error) => this.#note(error))
    for (const client of this.#allClients()) {
      client.on('close', () => this.#lose('the connection was closed'))
      client.on('ready', () => this.#beat())
      client.on('end', () => this.#revive(client))
    }
  }

  /** Whether news goes out and comes in at this moment, as far as is known. */
  get isConnected(): boolean {
    return this.#isConnected
  }

  /** What went wrong last, for people; null when nothing has. */
  get reason(): string | null {
    return this.#reason
  }

  get commands(): RedisCommands {
    return this.#clients.commands
  }

  /** Calls this whenever the link stands, for the first time or again. All channels are listened to by then. */
  onConnected(listener: () => void): void {
    this.#events.on('connected', listener)
  }

  /** Whether commands get through, whatever becomes of them. */
  get canBeAsked(): boolean {
    return this.#clients.commands.status === 'ready'
  }

  /** What the server says it is: `standalone`, `cluster` or `sentinel`. */
  async mode(): Promise<string | undefined> {
    return /^redis_mode:(\w+)/m.exec(await this.#clients.commands.info('server'))?.[1]
  }

  /** @throws when there is no database of the number that was given: a connection goes on in the first one then. */
  async requireDatabase(): Promise<void> {
    const { database } = this.#address
    if (database !== 0) await this.#clients.commands.select(database)
  }

  /** The start is over: from now on a loss is one. */
  putToUse(): void {
    this.#isInUse = true
  }

  /** Ends both connections, also with a Redis that is away or hangs. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#isConnected = false
    clearTimeout(this.#timer)
    await Promise.all(this.#allClients().map(endRedisClient))
  }

  #allClients(): [RedisClients['commands'], RedisClients['subscriber']] {
    return [this.#clients.commands, this.#clients.subscriber]
  }

  #areReady(): boolean {
    return this.#allClients().every(({ status }) => status === 'ready')
  }

  #beat(): void {
    if (this.#isClosed) return
    clearTimeout(this.#timer)
    if (!this.#areReady()) {
      this.#timer = setTimeout(() => this.#beat(), PULSE_INTERVAL_WHILE_AWAY_MS)
      return
    }
    this.#pulse += 1
    const pulse = this.#pulse
    void this.#send(pulse)
    // Where it is this process that was held up, the echo has come by then, and is heard before the time is found to be over.
    this.#timer = setTimeout(() => setImmediate(() => this.#missEcho(pulse)), ECHO_WITHIN_MS)
  }

  async #send(pulse: number): Promise<void> {
    const { commands } = this.#clients
    try {
      await commands.eval(WRITE, 1, this.#pulseChannel)
      await commands.publish(this.#pulseChannel, String(pulse))
    } catch (error) {
      this.#noteRefusal(error)
    }
  }

  #hear(channel: Buffer, message: Buffer): void {
    if (channel.toString() !== this.#pulseChannel || message.toString() !== String(this.#pulse)) return
    if (this.#isClosed) return
    this.#echo = this.#pulse
    this.#refusal = null
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#beat(), PULSE_INTERVAL_MS)
    if (!this.#isConnected) this.#gain()
  }

  #gain(): void {
    this.#isConnected = true
    if (this.#isSaidToBeLost) this.#log.info(`Connected to ${this.#description} again`)
    this.#isSaidToBeLost = false
    this.#events.emit('connected')
  }

  #lose(reason: string): void {
    if (this.#isClosed) return
    if (this.#isConnected) {
      this.#isConnected = false
      if (this.#isInUse) this.#sayLost(reason)
    }
    this.#beat()
  }

  #sayLost(reason: string): void {
    this.#isSaidToBeLost = true
    this.#metrics.busLosses.inc()
    this.#log.warn({ reason }, `The connection to ${this.#description} is lost; trying again until it is back`)
  }

  #missEcho(pulse: number): void {
    if (this.#isClosed || pulse !== this.#pulse || this.#echo === pulse) return
    this.#lose(this.#refusal ?? NO_ANSWER)
    // Only one that is ready: the others are being made anew already, and some of ioredis' end for good when disturbed.
    for (const client of this.#allClients()) if (client.status === 'ready') client.disconnect(true)
  }

  #note(error: unknown): void {
    const reason = explainRedisError(error)
    if (this.#reason === null || reason !== NO_CONNECTION) this.#reason = reason
  }

  /** That nothing can be sent at the moment says less than why there is no connection. */
  #noteRefusal(error: unknown): void {
    if (!(error instanceof Error) || error.name !== 'ReplyError') return
    this.#note(error)
    this.#refusal = explainRedisError(error)
  }

  /** A client ends by itself where a first step of connecting throws. */
  #revive(client: RedisClients['commands']): void {
    if (this.#isClosed) return
    setTimeout(() => {
      if (!this.#isClosed && client.status === 'end') client.connect().catch(() => {})
    }, PULSE_INTERVAL_WHILE_AWAY_MS)
  }
}
