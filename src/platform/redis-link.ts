import { randomBytes } from 'node:crypto'
import { EventEmitter } from 'node:events'
import type { Logger } from 'pino'
import { describeRedisAddress, type RedisAddress } from '../config/redis-address.js'
import type { Metrics } from '../metrics.js'
import { RedisChannels } from './redis-channels.js'
import { endRedisClient, openRedisClients, type RedisClients, type RedisCommands } from './redis-clients.js'
import { explainRedisError, NO_CONNECTION } from './redis-errors.js'
import { RedisPulse } from './redis-pulse.js'

const REVIVE_AFTER_MS = 200

export interface RedisLinkOptions {
  readonly address: RedisAddress
  readonly keyPrefix: string
  readonly log: Logger
  readonly metrics: Pick<Metrics, 'busLosses'>
}

/**
 * This node's connection to Redis. It stands as long as the node's pulse comes back. That way also a server that hangs, a
 * connection that died without a word, and a subscriber that listens to a master of yesterday are noticed; then both
 * connections are made anew.
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
  readonly #pulse: RedisPulse
  readonly #events = new EventEmitter<{ connected: [] }>()
  #isConnected = false
  #isInUse = false
  #isSaidToBeLost = false
  #isClosed = false
  #reason: string | null = null

  /** Begins to connect. */
  constructor({ address, keyPrefix, log, metrics }: RedisLinkOptions) {
    this.keyPrefix = keyPrefix
    this.isCluster = address.topology === 'cluster'
    this.#address = address
    this.#description = describeRedisAddress(address)
    this.#log = log
    this.#metrics = metrics
    this.#clients = openRedisClients(address, (error) => this.#note(error))
    this.channels = new RedisChannels(this.#clients.subscriber)
    this.#pulse = new RedisPulse({
      commands: this.#clients.commands,
      channels: this.channels,
      channel: `${keyPrefix}pulse:${this.nodeId}`,
      isReady: () => this.#allClients().every(isReady),
      onEcho: () => this.#gain(),
      onSilence: (reason) => this.#connectAnew(reason),
      onRefused: (error) => this.#note(error),
    })
    this.channels.on('ready', () => this.#pulse.beat())
    this.channels.on('refused', (error) => this.#note(error))
    for (const client of this.#allClients()) {
      client.on('close', () => this.#lose('the connection was closed'))
      client.on('ready', () => this.#pulse.beat())
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
    this.#pulse.stop()
    await Promise.all(this.#allClients().map(endRedisClient))
  }

  #allClients(): [RedisClients['commands'], RedisClients['subscriber']] {
    return [this.#clients.commands, this.#clients.subscriber]
  }

  #gain(): void {
    if (this.#isConnected) return
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
    this.#pulse.beat()
  }

  #sayLost(reason: string): void {
    this.#isSaidToBeLost = true
    this.#metrics.busLosses.inc()
    this.#log.warn({ reason }, `The connection to ${this.#description} is lost; trying again until it is back`)
  }

  #connectAnew(reason: string): void {
    this.#lose(reason)
    // Only one that is ready: the others are being made anew already, and some of ioredis' end for good when disturbed.
    for (const client of this.#allClients().filter(isReady)) client.disconnect(true)
  }

  #note(error: unknown): void {
    const reason = explainRedisError(error)
    if (this.#reason === null || reason !== NO_CONNECTION) this.#reason = reason
  }

  /** A client ends by itself where a first step of connecting throws. */
  #revive(client: RedisClients['commands']): void {
    if (this.#isClosed) return
    setTimeout(() => {
      if (!this.#isClosed && client.status === 'end') client.connect().catch(() => {})
    }, REVIVE_AFTER_MS)
  }
}

function isReady({ status }: RedisClients['commands']): boolean {
  return status === 'ready'
}
