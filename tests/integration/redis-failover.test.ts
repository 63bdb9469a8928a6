import { describe, expect, inject, onTestFinished, test, vi } from 'vitest'
import { ownPrefix } from '../testkit/redis-nodes.js'
import { hasRedisServer } from '../testkit/redis-server.js'
import { type RedisSet, startCluster, startSentinelSet } from '../testkit/redis-sets.js'
import { expectTalk, listenTo, membersOf, openTwoNodes, tell, untilConnected } from './redis-acts.js'

const LONG_MS = 60_000
const PEOPLE = Array.from({ length: 20 }, (_, nth) => `user-${nth}`)

describe.skipIf(!hasRedisServer)('a failover', () => {
  test.each<[string, (directory: string) => Promise<RedisSet>]>([
    ['of a Sentinel set', startSentinelSet],
    ['in a Cluster', startCluster],
  ])(
    '%s is lived through: the bus is heard both ways, and leases are read',
    async (_, startSet) => {
      const set = await startSet(inject('runDirectory'))
      onTestFinished(() => set.close())
      const nodes = await openTwoNodes({ url: set.url, keyPrefix: ownPrefix() })
      onTestFinished(() => nodes.close())
      const [one, other] = nodes
      const listeners = await Promise.all(PEOPLE.map((key) => listenTo(one.bus, key)))
      await expectTalk(nodes, 'before')
      await Promise.all(PEOPLE.map((key) => one.leases.hold('presence', key, 'before', LONG_MS)))

      await set.failOver()
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
    },
    60_000,
  )
})
