import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { testOverRedis } from '../testkit/over-redis.js'
import { type Frame, RawSocket } from '../testkit/raw-socket.js'
import type { Deal, Person } from '../testkit/seed.js'
import { startTestService, type TestNode } from '../testkit/service.js'

const PROTOCOL = 'graphql-transport-ws'
const TOO_MANY_SOCKETS = { code: 1013, reason: 'Too many sockets' }

async function start(env: Readonly<Record<string, string>>) {
  const testService = await startTestService(env)
  onTestFinished(() => testService.close())
  const sam = await testService.seed.person('sam')
  const deal = await testService.seed.deal('deal', { seller: sam })
  return { testService, sam, deal }
}

async function connect(node: TestNode, { token }: Pick<Person, 'token'>) {
  const socket = await RawSocket.connect(node.webSocketUrl, token)
  onTestFinished(() => socket.terminate())
  return socket
}

describe('MAX_SUBSCRIPTIONS_PER_SOCKET', () => {
  const MAX = 3
  const ENVIRONMENT = { MAX_SUBSCRIPTIONS_PER_SOCKET: String(MAX) }
  const toDeal = (deal: Deal) => `subscription { messageAdded(transactionId: "${deal.id}") { cursor } }`
  const refused = (id: string) => ({
    type: 'error',
    id,
    payload: [
      expect.objectContaining({
        message: 'Too many subscriptions on this socket: end one first.',
        extensions: { code: 'RATE_LIMITED', limit: MAX },
      }),
    ],
  })

  test('subscriptions beyond it are refused by themselves, also when all are asked for at once', async () => {
    const { testService, sam, deal } = await start(ENVIRONMENT)
    const socket = await connect(testService, sam)
    for (const id of ['one', 'two', 'three', 'four', 'five']) socket.subscribe(id, toDeal(deal))
    socket.subscribe('query', '{ viewer { id } }')
    expect(await socket.next()).toEqual(refused('four'))
    expect(await socket.next()).toEqual(refused('five'))
    expect(await socket.next()).toMatchObject({ type: 'next', id: 'query' })
    expect(await socket.next()).toEqual({ type: 'complete', id: 'query' })
    await sam.say(deal, 'Hello')
    const heard = [await socket.next(), await socket.next(), await socket.next()].map(({ id }) => id)
    expect(heard.toSorted()).toEqual(['one', 'three', 'two'])
    // Another socket has its own.
    const other = await connect(testService, sam)
    other.subscribe('one', toDeal(deal))
    expect(await other.untilPong()).toEqual([])
  })

  test('one that was ended, or failed, makes room at once', async () => {
    const { testService, sam, deal } = await start(ENVIRONMENT)
    const socket = await connect(testService, sam)
    // What is asked after a subscription is answered when that has begun.
    const begun = async () => {
      socket.subscribe('query', '{ viewer { id } }')
      expect(await socket.next()).toMatchObject({ type: 'next', id: 'query' })
      expect(await socket.next()).toEqual({ type: 'complete', id: 'query' })
    }
    for (const id of ['one', 'two', '0']) socket.subscribe(id, toDeal(deal))
    await begun()
    for (let nth = 1; nth <= 10; nth += 1) {
      socket.send({ type: 'complete', id: String(nth - 1) })
      socket.subscribe(String(nth), toDeal(deal))
      await begun()
    }
    socket.send({ type: 'complete', id: '10' })
    for (let nth = 0; nth < 10; nth += 1) {
      socket.subscribe('unknown', 'subscription { messageAdded(transactionId: "txn_unknown") { cursor } }')
      expect(await socket.next()).toMatchObject({ payload: [{ extensions: { code: 'NOT_FOUND' } }] })
    }
    socket.subscribe('three', toDeal(deal))
    socket.subscribe('four', toDeal(deal))
    expect(await socket.next()).toEqual(refused('four'))
  })
})

describe('MAX_SOCKETS_PER_USER', () => {
  const MAX = 3
  const ENVIRONMENT = { MAX_SOCKETS_PER_USER: String(MAX) }

  /** What comes of so many that connect at once: those that were let in, and how the others are closed. */
  async function connectMany(nodes: readonly TestNode[], count: number, { token }: Pick<Person, 'token'>) {
    const opened = await Promise.all(
      Array.from({ length: count }, async (_, nth) => {
        const socket = await RawSocket.open(nodes[nth % nodes.length]?.webSocketUrl ?? '', { protocol: PROTOCOL })
        onTestFinished(() => socket.terminate())
        socket.send({ type: 'connection_init', payload: { token } })
        const answer = await socket.next().catch((): Frame => ({ type: 'closed' }))
        return { socket, isIn: answer.type === 'connection_ack' }
      }),
    )
    const refused = opened.filter(({ isIn }) => !isIn)
    return {
      sockets: opened.filter(({ isIn }) => isIn).map(({ socket }) => socket),
      closings: await Promise.all(refused.map(({ socket }) => socket.closed)),
    }
  }

  test('one too many is told to try again later, and one that leaves makes room', async () => {
    const { testService, sam } = await start(ENVIRONMENT)
    const { sockets, closings } = await connectMany([testService], MAX + 4, sam)
    expect(sockets).toHaveLength(MAX)
    expect(closings).toEqual(Array(4).fill(TOO_MANY_SOCKETS))
    for (const socket of sockets) expect(await socket.untilPong()).toEqual([])
    await sockets[0]?.close()
    await vi.waitFor(async () => expect((await connectMany([testService], 1, sam)).sockets).toHaveLength(1), 10_000)
    expect((await connectMany([testService], 1, sam)).closings).toEqual([TOO_MANY_SOCKETS])
    // Somebody else has their own; a partner and the platform have as many as they need.
    const bea = await testService.seed.person('bea')
    const platform = await testService.seed.caller({ clientId: 'platform', scopes: ['platform'] })
    const partner = await testService.seed.caller({ clientId: 'partner', scopes: ['history:read'] })
    expect((await connectMany([testService], 1, bea)).sockets).toHaveLength(1)
    for (const caller of [platform, partner]) {
      expect((await connectMany([testService], 2 * MAX, caller)).sockets).toHaveLength(2 * MAX)
    }
  })

  testOverRedis('all nodes count together, also those who connect at once', async () => {
    const { testService, sam } = await start(ENVIRONMENT)
    const otherNode = await testService.startAnotherNode()
    onTestFinished(() => otherNode.close())
    const { sockets, closings } = await connectMany([testService, otherNode], 4 * MAX, sam)
    expect(sockets).toHaveLength(MAX)
    expect(closings).toEqual(Array(3 * MAX).fill(TOO_MANY_SOCKETS))
    expect((await connectMany([testService], 1, sam)).closings).toEqual([TOO_MANY_SOCKETS])
    expect((await connectMany([otherNode], 1, sam)).closings).toEqual([TOO_MANY_SOCKETS])
  })
})
