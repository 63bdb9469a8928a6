import { Cluster, type DNSLookupFunction, Redis, type RedisOptions } from 'ioredis'
import type { RedisAddress } from '../config/redis-address.js'
import { within } from '../within.js'

/** What is asked of Redis; single servers and Clusters answer alike. */
export interface RedisCommands {
  publish(channel: string, message: string | Buffer): Promise<number>
  eval(script: string, keyCount: number, ...keysAndArguments: (string | number)[]): Promise<unknown>
}

/** The two connections of a node; in a Cluster, commands have one to each server that they need. */
export interface RedisClients {
  readonly commands: Redis | Cluster
  /** Only listens. In a Cluster it is connected to one of the servers: each hears what is published on any. */
  readonly subscriber: Redis
}

/** Answers come in the shapes of RESP2. */
type Settings = Omit<RedisOptions, 'replyMapping'>

const COMMAND_TIMEOUT_MS = 500
const CONNECT_TIMEOUT_MS = 2_000
/** A server that owes an answer for so long hangs: the connection is given up for another. */
const SILENCE_TIMEOUT_MS = 1_500
const LONGEST_RETRY_DELAY_MS = 1_000
const CLOSE_WITHIN_MS = 500

/** How long to wait before trying again; the nodes not all at once. */
const retryDelay = (attempt: number) => Math.min(attempt * 100, LONGEST_RETRY_DELAY_MS) * (0.8 + Math.random() * 0.2)

// Nothing waits in a queue for a Redis that is away, and nothing is sent again by itself: what is still wanted when it
// is back, its owners know.
const PATIENCE = {
  connectTimeout: CONNECT_TIMEOUT_MS,
  disconnectTimeout: 100,
  socketTimeout: SILENCE_TIMEOUT_MS,
  maxLoadingRetryTime: LONGEST_RETRY_DELAY_MS,
  autoResubscribe: false,
  autoResendUnfulfilledCommands: false,
  connectionName: 'escrow-chat',
} satisfies Settings

const OF_COMMANDS = {
  ...PATIENCE,
  commandTimeout: COMMAND_TIMEOUT_MS,
  maxRetriesPerRequest: 1,
} satisfies Settings

const OF_SUBSCRIBER = { ...PATIENCE, enableOfflineQueue: false, maxRetriesPerRequest: null } satisfies Settings

/**
 * Begins to connect, and goes on until each is ended. Both connections live through failovers by themselves.
 *
 * @param onError told of everything that goes wrong, which is often the same many times.
 */
export function openRedisClients(address: RedisAddress, onError: (error: Error) => void): RedisClients {
  const clients = address.topology === 'cluster' ? openCluster(address, onError) : openServer(address)
  for (const client of [clients.commands, clients.subscriber]) {
    client.on('error', onError)
    client.on('sentinelError', onError)
  }
  return clients
}

/** Ends a client for good, also one whose server is away or hangs. Resolves when its connection is gone, or is given up. */
export async function endRedisClient(client: RedisClients['commands']): Promise<void> {
  if (client.status === 'end') return
  if (client.status === 'reconnecting') {
    // There is nothing to end, and no event either.
    client.disconnect()
    return
  }
  // Not with `once` of node:events, which rejects with the first error: that of a handshake which is broken off, for example.
  const ended = new Promise<void>((resolve) => client.once('end', resolve))
  client.disconnect()
  await within(CLOSE_WITHIN_MS, ended)
}

function openServer(address: RedisAddress): RedisClients {
  const where: Settings = { ...credentialsOf(address), ...hostsOf(address), retryStrategy: retryDelay }
  return {
    commands: new Redis({ ...OF_COMMANDS, enableOfflineQueue: false, ...where }),
    subscriber: new Redis({ ...OF_SUBSCRIBER, ...where }),
  }
}

function hostsOf({ hosts, topology, masterName, usesTls, ...address }: RedisAddress): Settings {
  if (topology === 'single') return { ...hosts[0] }
  return {
    sentinels: [...hosts],
    name: masterName ?? '',
    sentinelCommandTimeout: SILENCE_TIMEOUT_MS,
    sentinelRetryStrategy: retryDelay,
    ...(usesTls && { enableTLSForSentinelMode: true, sentinelTLS: {} }),
    ...(address.sentinelUsername !== null && { sentinelUsername: address.sentinelUsername }),
    ...(address.sentinelPassword !== null && { sentinelPassword: address.sentinelPassword }),
  }
}

function openCluster(address: RedisAddress, onError: (error: Error) => void): RedisClients {
  const cluster = new Cluster([...address.hosts], {
    enableOfflineQueue: false,
    clusterRetryStrategy: retryDelay,
    slotsRefreshTimeout: CONNECT_TIMEOUT_MS,
    slotsRefreshInterval: 5_000,
    redisOptions: { ...OF_COMMANDS, ...credentialsOf(address) },
    // A certificate is for names, not for what they resolve to.
    ...(address.usesTls && { dnsLookup: asItIs }),
  })
  cluster.on('node error', onError)
  let attempts = 0
  // The servers that the Cluster has now, and the ones to begin with: one that is away is not tried twice in a row.
  const nextHost = () => {
    const known = cluster.nodes().map(({ options: { host = '', port = 0 } }) => ({ host, port }))
    const hosts = [...address.hosts, ...known]
    attempts += 1
    return hosts[attempts % hosts.length]
  }
  const subscriber: Redis = new Redis({
    ...OF_SUBSCRIBER,
    ...credentialsOf(address),
    ...address.hosts[0],
    retryStrategy(attempt: number) {
      Object.assign(subscriber.options, nextHost())
      return retryDelay(attempt)
    },
  })
  return { commands: cluster, subscriber }
}

const asItIs: DNSLookupFunction = (host, tell) => tell(null, host)

function credentialsOf({ username, password, database, usesTls }: RedisAddress): Settings {
  return {
    db: database,
    ...(username !== null && { username }),
    ...(password !== null && { password }),
    ...(usesTls && { tls: {} }),
  }
}
