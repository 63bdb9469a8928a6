import { describe, expect, inject, onTestFinished, test, vi } from 'vitest'
import { letThrough, use } from '../contract/rate-limits-contract.js'
import { ownPrefix, type RedisNode } from '../testkit/redis-nodes.js'
import { hasRedisServer } from '../testkit/redis-server.js'
import { type RedisSet, startCluster, startSentinelSet } from '../testkit/redis-sets.js'
import { SMALL_LIMITS } from '../testkit/small-limits.js'
import { expectTalk, listenTo, membersOf, openTwoNodes, tell, untilConnected } from './redis-acts.js'

const LONG_MS = 60_000
const PEOPLE = Array.from({ length: 20 }, (_, nth) => `user-${nth}`)

/** Everybody may do the same on two nodes as on one. */
async function expectCommonLimits(nodes: readonly RedisNode[], word: string): Promise<void> {
  for (const person of PEOPLE) {
    const key = `${person} ${word}`
    const uses = [...nodes, ...nodes, ...nodes].map(({ rateLimits }) => use(rateLimits, 'operations', key))
    expect(await letThrough(uses)).toBe(SMALL_LIMITS.operations.max)
  }
}

describe.skipIf(!hasRedisServer)('a failover', () => {
  test.each<[string, (directory: string) => Promise<RedisSet>, 'kill' | 'stop']>([
    ['of a Sentinel set whose master is killed', startSentinelSet, 'kill'],
    ['of a Sentinel set whose master hangs', startSentinelSet, 'stop'],
    ['in a Cluster, one of whose masters is killed,', startCluster, 'kill'],
    ['in a Cluster, one of whose masters hangs,', startCluster, 'stop'],
  ])(
    '%s is lived through: the bus is heard both ways, leases are read, and rates are limited on all nodes together',
    async (_, startSet, how) => {
      const set = await startSet(inject('runDirectory'))
      onTestFinished(() => set.close())
      const nodes = await openTwoNodes({ url: set.url, keyPrefix: ownPrefix() })
      onTestFinished(() => nodes.close())
      const [one, other] = nodes
      const listeners = await Promise.all(PEOPLE.map((key) => listenTo(one.bus, key)))
      await expectTalk(nodes, 'before')
      await Promise.all(PEOPLE.map((key) => one.leases.hold('presence', key, 'before', LONG_MS)))

      await expectCommonLimits(nodes, 'before')

      await set.failOver(how)
      await untilConnected(...nodes)

      await vi.waitFor(async () => {
        await untilConnected(...nodes)
        await expectTalk(nodes, 'after')
      }, 10_000)
      for (const key of PEOPLE) tell(other.bus, key, 'deal')
      await vi.waitFor(() => expect(listeners.map(({ heard }) => heard)).toEqual(PEOPLE.map(() => ['deal'])), 5_000)
      // What was written last before a failover may be lost with the master; what is held again is there.
      await vi.waitFor(async () => {
        await Promise.all(PEOPLE.map((key) => one.leases.hold('presence', key, 'after', LONG_MS)))
        const members = await Promise.all(PEOPLE.map((key) => membersOf(other.leases, key)))
        expect(members).toEqual(PEOPLE.map(() => ['after', 'before']))
      }, 10_000)
      await vi.waitFor(() => expectCommonLimits(nodes, `after ${performance.now()}`), 10_000)
    },
    60_000,
  )
})
