import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import type { Closable } from '../../src/platform/close-all.js'
import { hasRedisServer, RedisServer } from '../testkit/redis-server.js'
import { type Cast, seatCast } from './cast.js'
import { Leash } from './leash.js'
import { PostgresServer } from './postgres-server.js'
import { ServiceNode } from './service-node.js'

export interface Servers {
  readonly postgres: PostgresServer
  /** Null where `redis-server` is not installed. */
  readonly redis: RedisServer | null
  readonly nodes: readonly [ServiceNode, ServiceNode]
}

/**
 * Starts a Postgres, a Redis and two nodes on an empty directory, with people and deals in the database.
 *
 * @param started is told of each server, in the order in which they were started; also when one fails.
 */
export async function startServers(directory: string, started: Closable[]): Promise<Servers & { readonly cast: Cast }> {
  const leash = new Leash()
  started.push({ name: 'The leash', close: () => leash.close() })
  const postgres = await PostgresServer.create(directory, leash)
  started.push({ name: 'Postgres', close: () => postgres.close() })
  const redis = hasRedisServer ? await RedisServer.start({ directory }) : null
  started.push({ name: 'Redis', close: () => redis?.kill() })
  const secret = randomUUID()
  const cast = await seatCast(postgres.url, secret)
  const env = {
    NODE_ENV: 'test',
    LOG_FORMAT: 'json',
    DATABASE_URL: postgres.url,
    JWT_SECRET: secret,
    ...(redis && { REDIS_URL: redis.url }),
  }
  const start = async (name: string) => {
    const node = await ServiceNode.start({ name, directory: join(directory, name), env, leash })
    started.push({ name, close: () => node.close() })
    return node
  }
  return { postgres, redis, cast, nodes: await bothOf(start('node-1'), start('node-2')) }
}

/** When one fails, the other has been started or has failed as well. */
async function bothOf<Item>(first: Promise<Item>, second: Promise<Item>): Promise<readonly [Item, Item]> {
  await Promise.allSettled([first, second])
  return [await first, await second]
}
