import { vi } from 'vitest'
import { findFreePort } from '../../src/platform/postmaster.js'
import { RedisServer } from './redis-server.js'

/** Several redis-servers that belong together. */
export interface RedisSet {
  readonly url: string
  /** Ends a master at once, or stops it, and says when another has its place. */
  failOver(how: 'kill' | 'stop'): Promise<void>
  close(): Promise<void>
}

const MASTER = 'the-master'

/** A master, a replica, and three Sentinels who soon believe that somebody is gone. */
export async function startSentinelSet(directory: string): Promise<RedisSet> {
  const master = await RedisServer.start({ directory })
  const replica = await RedisServer.start({ directory, settings: [`replicaof 127.0.0.1 ${master.port}`] })
  const settings = [
    `sentinel monitor ${MASTER} 127.0.0.1 ${master.port} 2`,
    `sentinel down-after-milliseconds ${MASTER} 500`,
    `sentinel failover-timeout ${MASTER} 2000`,
  ]
  const sentinels = await Promise.all([1, 2, 3].map(() => RedisServer.start({ directory, settings, isSentinel: true })))
  const servers = [...sentinels, replica, master]
  // They find each other, and the replica, through the master.
  await untilAll(sentinels, async (sentinel) => {
    const [info = ''] = await sentinel.ask(async (redis) => [await redis.info('sentinel')])
    return info.includes('slaves=1,sentinels=3')
  })
  return {
    url: `redis+sentinel://${sentinels.map(({ port }) => `127.0.0.1:${port}`).join(',')}/${MASTER}`,
    async failOver(how) {
      await master[how]()
      await untilAll([replica], (server) =>
        server.ask(async (redis) => (await redis.info('replication')).includes('role:master')),
      )
    },
    close: () => killAll(servers),
  }
}

/** Three masters with a replica each, who soon believe that somebody is gone. */
export async function startCluster(
  directory: string,
): Promise<RedisSet & { readonly servers: readonly RedisServer[] }> {
  const servers = await Promise.all(Array.from({ length: 6 }, () => startClusterServer(directory)))
  const [first] = servers
  if (!first) throw new Error('There are no servers')
  for (const { port, busPort } of servers)
    await first.server.ask((redis) => redis.call('CLUSTER', 'MEET', '127.0.0.1', port, busPort))
  const all = servers.map(({ server }) => server)
  await untilAll(all, (server) => server.ask(async (redis) => knownNodes(await redis.cluster('NODES')).length === 6))
  const masters = all.slice(0, 3)
  await Promise.all(
    masters.map((server, index) => {
      const [from, to] = [index * 5462, Math.min((index + 1) * 5462, 16_384) - 1]
      return server.ask((redis) => redis.call('CLUSTER', 'ADDSLOTSRANGE', from, to))
    }),
  )
  for (const [index, master] of masters.entries()) {
    const id = await master.ask((redis) => redis.cluster('MYID'))
    await all[index + 3]?.ask((redis) => redis.cluster('REPLICATE', id))
  }
  await untilAll(all, (server) =>
    server.ask(async (redis) => (await redis.cluster('INFO')).includes('cluster_state:ok')),
  )
  await untilAll(all.slice(3), (server) =>
    server.ask(async (redis) => (await redis.info('replication')).includes('master_link_status:up')),
  )
  return {
    url: `redis+cluster://${masters.map(({ port }) => `127.0.0.1:${port}`).join(',')}`,
    servers: all,
    async failOver(how) {
      await first.server[how]()
      await untilAll(all.slice(1), (server) =>
        server.ask(async (redis) => {
          const info = await redis.cluster('INFO')
          return (
            info.includes('cluster_state:ok') &&
            knownNodes(await redis.cluster('NODES')).some((line) => line.includes('fail'))
          )
        }),
      )
    },
    close: () => killAll(all),
  }
}

async function startClusterServer(directory: string) {
  const busPort = await findFreePort()
  const settings = ['cluster-enabled yes', `cluster-port ${busPort}`, 'cluster-node-timeout 1000']
  const server = await RedisServer.start({ directory, settings })
  return { server, port: server.port, busPort }
}

const knownNodes = (nodes: unknown) =>
  String(nodes)
    .trim()
    .split('\n')
    .filter((line) => !line.includes('handshake'))

async function untilAll(
  servers: readonly RedisServer[],
  isSo: (server: RedisServer) => Promise<boolean>,
): Promise<void> {
  await Promise.all(servers.map((server) => vi.waitUntil(() => isSo(server), { timeout: 20_000, interval: 50 })))
}

async function killAll(servers: readonly RedisServer[]): Promise<void> {
  await Promise.all(servers.map((server) => server.kill()))
}
