import { afterAll, beforeAll, beforeEach, describe, expect, inject, test, vi } from 'vitest'
import { hasRedisServer, RedisServer } from '../testkit/redis-server.js'
import type { Deal, Person } from '../testkit/seed.js'
import { startTestService, type TestNode, type TestService } from '../testkit/service.js'
import { FOLLOW_MESSAGES, timelineCursor } from '../testkit/timeline-documents.js'
import { connect, listen } from '../testkit/websocket-client.js'

describe.skipIf(!hasRedisServer)('two nodes whose Redis is away', () => {
  let redis: RedisServer
  let first: TestService
  let second: TestNode
  let bea: Person
  let sam: Person
  let deal: Deal

  beforeAll(async () => {
    redis = await RedisServer.start({ directory: inject('runDirectory') })
    first = await startTestService({ REDIS_URL: redis.url })
    second = await first.startAnotherNode()
    bea = await first.seed.person('bea')
    sam = await first.seed.person('sam')
  })
  afterAll(async () => {
    await second.close()
    await first.close()
    await redis.kill()
  })
  beforeEach(async ({ task }) => {
    deal = await first.seed.deal(`deal-${task.id}`, { buyer: bea, seller: sam })
  })

  async function readiness(node: TestNode) {
    const response = await fetch(new URL('/ready', node.url))
    return [response.status, await response.json()]
  }
  const READY = [200, { status: 'ready', database: 'up', bus: 'up' }]
  const DEGRADED = [200, { status: 'degraded', database: 'up', bus: 'down' }]

  test('say that they are degraded, take sends, and deliver within 5 s to who listens and to who begins to', async () => {
    const client = connect(second.webSocketUrl, sam.token)
    const before = listen(client, FOLLOW_MESSAGES, { transactionId: deal.id, after: await timelineCursor(sam, deal) })
    await bea.say(deal, 'while all is well')
    await before.next()
    expect([await readiness(first), await readiness(second)]).toEqual([READY, READY])

    await redis.kill()
    await vi.waitFor(async () => {
      expect([await readiness(first), await readiness(second)]).toEqual([DEGRADED, DEGRADED])
    }, 5_000)
    const begun = listen(client, FOLLOW_MESSAGES, { transactionId: deal.id, after: await timelineCursor(sam, deal) })
    const sentAt = performance.now()
    await bea.say(deal, 'while Redis is away')
    expect(performance.now() - sentAt).toBeLessThan(1_000)
    expect(await before.next()).toMatchObject({ messageAdded: { node: { content: 'while Redis is away' } } })
    expect(await begun.next()).toMatchObject({ messageAdded: { node: { content: 'while Redis is away' } } })
    expect(performance.now() - sentAt).toBeLessThan(5_000)

    await redis.startAgain()
    await vi.waitFor(async () => {
      expect([await readiness(first), await readiness(second)]).toEqual([READY, READY])
    }, 5_000)
    await bea.say(deal, 'live again')
    expect(await begun.next()).toMatchObject({ messageAdded: { node: { content: 'live again' } } })
    await client.dispose()
  })
})
