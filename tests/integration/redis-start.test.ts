import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { promisify } from 'node:util'
import { describe, expect, inject, onTestFinished, test, vi } from 'vitest'
import { findFreePort } from '../../src/platform/postmaster.js'
import { StartupError } from '../../src/startup-error.js'
import { openRedisNode, ownPrefix } from '../testkit/redis-nodes.js'
import { hasRedisServer, RedisServer } from '../testkit/redis-server.js'
import { openLog } from './redis-acts.js'

const PASSWORD = 'not-to-be-told'
const GIVE_UP_AFTER_MS = 1_500

async function startRedis(settings: readonly string[] = [], isSentinel = false): Promise<RedisServer> {
  const redis = await RedisServer.start({ directory: inject('runDirectory'), settings, isSentinel })
  onTestFinished(() => redis.kill())
  return redis
}

/** Tries, and gives what was said meanwhile and in the end. */
async function refusalOf(url: string) {
  const { log, messages } = openLog()
  const steps: string[] = []
  const options = { url, keyPrefix: ownPrefix(), connectTimeoutMs: GIVE_UP_AFTER_MS, log }
  const begunAt = performance.now()
  const error = await openRedisNode({ ...options, onStep: (note) => steps.push(note) }).then(
    async (node) => {
      await node.close()
      throw new Error('It was not refused')
    },
    (refusal: unknown) => refusal,
  )
  if (!(error instanceof StartupError)) throw error
  return { message: error.message, steps, messages: messages(), tookMs: performance.now() - begunAt }
}

describe.skipIf(!hasRedisServer)('a start with a Redis', () => {
  test.each<[string, () => Promise<string>, RegExp]>([
    ['that is not there', async () => `redis://127.0.0.1:${await findFreePort()}`, /ECONNREFUSED/],
    ['at a host that is not there', async () => 'redis://nowhere.invalid', /no host of that name/],
    ['that wants a password, without one', async () => (await startRedis([`requirepass ${PASSWORD}`])).url, /NOAUTH/],
    [
      'and a wrong password',
      async () => (await startRedis(['requirepass other'])).url.replace('//', `//default:${PASSWORD}@`),
      /WRONGPASS/,
    ],
    [
      'and a user who may not do enough',
      async () =>
        (await startRedis([`user chat on >${PASSWORD} +@all -eval ~* &*`])).url.replace('//', `//chat:${PASSWORD}@`),
      /NOPERM/,
    ],
    [
      'and a user who may not listen to the channels',
      async () =>
        (await startRedis([`user chat on >${PASSWORD} +@all ~* &other:*`])).url.replace('//', `//chat:${PASSWORD}@`),
      /NOPERM/,
    ],
    ['that is a Sentinel, unsaid', async () => (await startRedis([], true)).url, /write redis\+sentinel:\/\//],
    [
      'that is part of a Cluster, unsaid',
      async () => (await startRedis(['cluster-enabled yes'])).url,
      /redis\+cluster:/,
    ],
    [
      'that is a replica',
      async () => (await startRedis([`replicaof 127.0.0.1 ${(await startRedis()).port}`])).url,
      /READONLY/,
    ],
    [
      'that has no such database',
      async () => `${(await startRedis(['databases 4'])).url}/4`,
      /no database of that number/,
    ],
    [
      'that is no Sentinel',
      async () => `${(await startRedis()).url.replace('redis', 'redis+sentinel')}/master`,
      /no Sentinel/,
    ],
    [
      'of which the Sentinels know nothing',
      async () => `${(await startRedis([], true)).url.replace('redis', 'redis+sentinel')}/master`,
      /no master of that name/,
    ],
    ['that is no Cluster', async () => (await startRedis()).url.replace('redis', 'redis+cluster'), /no Cluster/],
    [
      'that speaks no TLS',
      async () => (await startRedis()).url.replace('redis', 'rediss'),
      /TLS.*write redis, not rediss/,
    ],
  ])('%s says so, tries again, and gives up with one clear line', async (_, prepare, reason) => {
    const url = await prepare()
    const { message, steps, messages, tookMs } = await refusalOf(url)
    expect(message).toMatch(reason)
    expect(message.split('\n')).toHaveLength(1)
    expect(steps.join()).toMatch(reason)
    expect(messages.length).toBe(steps.length)
    expect(steps.length).toBeLessThanOrEqual(3)
    expect([message, ...steps, ...messages].join()).not.toContain(PASSWORD)
    expect(tookMs).toBeGreaterThanOrEqual(GIVE_UP_AFTER_MS)
    expect(tookMs).toBeLessThan(GIVE_UP_AFTER_MS + 3_000)
  })

  test('that leaves a TLS handshake under way is given up as cleanly', async () => {
    const server = createServer((socket) => socket.resume()).listen(0, '127.0.0.1')
    onTestFinished(() => void server.close())
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const { message } = await refusalOf(`rediss://127.0.0.1:${port}`)
    expect(message).toMatch(/it does not answer in TLS/)
    const countConnections = promisify(server.getConnections.bind(server))
    await vi.waitFor(async () => expect(await countConnections()).toBe(0))
  })

  test('that comes a little later goes on as soon as it is there', async () => {
    const port = await findFreePort()
    const steps: string[] = []
    const opening = openRedisNode({
      url: `redis://127.0.0.1:${port}`,
      keyPrefix: ownPrefix(),
      onStep: (note) => steps.push(note),
    })
    await vi.waitFor(() => expect(steps).toEqual([expect.stringContaining('ECONNREFUSED')]))
    const redis = await RedisServer.start({ directory: inject('runDirectory'), port })
    onTestFinished(() => redis.kill())
    const node = await opening
    expect(node.bus.isConnected).toBe(true)
    await node.close()
  })

  test('that refuses leaves no connection behind', async () => {
    const redis = await startRedis([`user chat on >${PASSWORD} +@all -eval ~* &*`])
    await refusalOf(redis.url.replace('//', `//chat:${PASSWORD}@`))
    await vi.waitFor(async () => {
      const clients = await redis.ask((client) => client.client('LIST'))
      expect(String(clients).trim().split('\n')).toHaveLength(1)
    })
  })

  test('needs no more of a user than docs/operations.md says', async () => {
    const needed =
      '+ping +hello +info +client|setname +publish +subscribe +unsubscribe +eval +evalsha +time +zadd +zrem +zscore +zrange +zrangebyscore +zremrangebyscore +pexpire +pexpireat +pttl +incrby'
    const redis = await startRedis([`user chat on >${PASSWORD} resetchannels -@all ${needed} ~own:* &own:*`])
    const url = redis.url.replace('//', `//chat:${PASSWORD}@`)
    const node = await openRedisNode({ url, keyPrefix: 'own:' })
    onTestFinished(() => node.close())
    await node.leases.hold('presence', 'bea', 'socket', 60_000)
    await node.leases.release('presence', 'bea', 'another')
    expect((await node.leases.read('presence', ['bea'])).get('bea')).toHaveLength(1)
    expect(await redis.ask((client) => client.zcard('own:presence:bea'))).toBe(1)
    await node.rateLimits.count('sends', 'bea')
    expect(await redis.ask((client) => client.get('own:limit:sends:bea'))).toBe('1')
  })
})
