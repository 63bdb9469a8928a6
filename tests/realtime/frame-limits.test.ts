import { afterEach, describe, expect, inject, onTestFinished, test, vi } from 'vitest'
import { WebSocket } from 'ws'
import { fillDeal } from '../testkit/long-deal.js'
import { metricOf } from '../testkit/metric.js'
import { PostgresProxy } from '../testkit/postgres-proxy.js'
import { type Frame, RawSocket } from '../testkit/raw-socket.js'
import type { Person } from '../testkit/seed.js'
import { startTestService, type TestNode } from '../testkit/service.js'

const PROTOCOL = 'graphql-transport-ws'
const TOO_MANY_MESSAGES = { code: 4429, reason: 'Too many messages' }

afterEach(() => vi.restoreAllMocks())

async function start(env: Readonly<Record<string, string>>, proxy?: PostgresProxy) {
  const testService = await startTestService((database) => ({
    ...env,
    ...(proxy && { DATABASE_URL: proxy.urlOf(database.url) }),
  }))
  onTestFinished(() => testService.close())
  const sam = await testService.seed.person('sam')
  const deal = await testService.seed.deal('deal', { seller: sam })
  return { testService, sam, deal }
}

async function connect(node: TestNode, { token }: Pick<Person, 'token'>): Promise<RawSocket> {
  const socket = await RawSocket.connect(node.webSocketUrl, token)
  onTestFinished(() => socket.terminate())
  return socket
}

describe('FRAMES_PER_SECOND and FRAME_BURST', () => {
  const BURST = 20
  const ENVIRONMENT = { FRAMES_PER_SECOND: '1', FRAME_BURST: String(BURST) }
  const WAYS: [string, (socket: RawSocket) => void][] = [
    ['messages', (socket) => socket.send({ type: 'ping' })],
    ['pings of WebSocket itself', (socket) => socket.ping()],
    ['pongs that nobody asked for', (socket) => socket.pong()],
  ]

  test.each(WAYS)('a client that sends too many %s is closed, and nobody else is', async (_, say) => {
    const { testService, sam } = await start(ENVIRONMENT)
    const [socket, other] = [await connect(testService, sam), await connect(testService, sam)]
    for (let count = 0; count < 3 * BURST; count += 1) say(socket)
    expect(await socket.closed).toEqual(TOO_MANY_MESSAGES)
    expect(await other.untilPong()).toEqual([])
    expect(await metricOf(testService.url, 'escrow_chat_rate_limited_total', 'limit="frames"')).toBe(1)
  })

  test.each(WAYS)('a client that sends as many %s as it may at once stays', async (_, say) => {
    const { testService, sam } = await start(ENVIRONMENT)
    const socket = await connect(testService, sam)
    // Its connection_init was one, and the last is this one's own.
    for (let count = 0; count < BURST - 2; count += 1) say(socket)
    expect((await socket.untilPong()).every(({ type }) => type === 'pong')).toBe(true)
  })

  test('a client that has not shown a token is counted too', async () => {
    const { testService } = await start(ENVIRONMENT)
    const socket = await RawSocket.open(testService.webSocketUrl, { protocol: PROTOCOL })
    for (let count = 0; count < 3 * BURST; count += 1) socket.ping()
    expect(await socket.closed).toEqual(TOO_MANY_MESSAGES)
  })

  test('what a client says while it is held back, because it is owed too much, is not held against it', async () => {
    const { testService, sam, deal } = await start({ FRAMES_PER_SECOND: '10000', FRAME_BURST: '30' })
    // They come at once, faster than the budget grows; what it grew by before, while megabytes were owed, is enough.
    const PINGS = 150
    await fillDeal(testService.database.url, deal, [sam], { count: 100, content: 'x'.repeat(10_000) })
    const socket = await connect(testService, sam)
    const pause = vi.spyOn(WebSocket.prototype, 'pause')
    socket.pause()
    const pages = Array.from({ length: 20 }, (_, nth) => `page ${nth}`)
    for (const id of pages) {
      socket.subscribe(id, `{ messages(transactionId: "${deal.id}", first: 100) { nodes { content } } }`)
    }
    // The client's own, and the service's.
    await vi.waitFor(() => expect(new Set(pause.mock.contexts).size).toBe(2), 10_000)
    for (let count = 0; count < PINGS; count += 1) socket.send({ type: 'ping' })
    socket.resume()
    const frames: Frame[] = []
    while (frames.length < 2 * pages.length + PINGS) frames.push(await socket.next())
    expect(frames.filter(({ type }) => type === 'pong')).toHaveLength(PINGS)
  })
})

describe('a limit of sockets', () => {
  const MANY_PAGES = 20

  test('MAX_FRAME_FRAGMENTS: a message in more fragments closes the socket', async () => {
    const { testService, sam } = await start({ MAX_FRAME_FRAGMENTS: '4' })
    const inFragments = (socket: RawSocket, count: number) => {
      const text = JSON.stringify({ type: 'ping' })
      for (let nth = 1; nth < count; nth += 1) socket.sendFragment(text.slice(nth - 1, nth), false)
      socket.sendFragment(text.slice(count - 1), true)
    }
    const socket = await connect(testService, sam)
    inFragments(socket, 4)
    expect(await socket.next()).toEqual({ type: 'pong' })
    inFragments(socket, 5)
    expect(await socket.closed).toMatchObject({ code: 1008 })
  })

  test('MAX_OWED_BYTES: a client is listened to for as long as it is owed less', async () => {
    const { testService, sam, deal } = await start({ MAX_OWED_BYTES: '104857600' })
    const bea = await testService.seed.person('bea')
    await deal.seat({ seller: sam, buyer: bea })
    await fillDeal(testService.database.url, deal, [sam], { count: 100, content: 'x'.repeat(10_000) })
    const socket = await connect(testService, sam)
    const send = vi.spyOn(WebSocket.prototype, 'send')
    socket.pause()
    for (let nth = 0; nth < MANY_PAGES; nth += 1) {
      socket.subscribe(`page ${nth}`, `{ messages(transactionId: "${deal.id}", first: 100) { nodes { content } } }`)
    }
    const answers = () => send.mock.calls.filter(([data]) => String(data).length > 1_000_000)
    await vi.waitFor(() => expect(answers()).toHaveLength(MANY_PAGES), 15_000)
    const listener = await connect(testService, bea)
    listener.subscribe('deal', `subscription { messageAdded(transactionId: "${deal.id}") { node { content } } }`)
    expect(await listener.untilPong()).toEqual([])
    const input = `{ transactionId: "${deal.id}", content: "while owed" }`
    socket.subscribe('send', `mutation { sendMessage(input: ${input}) { message { id } } }`)
    expect(await listener.next()).toMatchObject({
      payload: { data: { messageAdded: { node: { content: 'while owed' } } } },
    })
  })

  test('CONNECTION_INIT_TIMEOUT_MS: who shows no token is closed', async () => {
    const { testService } = await start({ CONNECTION_INIT_TIMEOUT_MS: '100' })
    const begunAt = performance.now()
    const socket = await RawSocket.open(testService.webSocketUrl, { protocol: PROTOCOL })
    expect(await socket.closed).toEqual({ code: 4408, reason: 'Connection initialisation timeout' })
    expect(performance.now() - begunAt).toBeLessThan(2_500)
  })

  test('CONNECTION_ACK_TIMEOUT_MS: whose token cannot be checked in time is closed', async () => {
    const proxy = await PostgresProxy.start(inject('postgresUrl'))
    onTestFinished(() => proxy.close())
    const { testService, sam } = await start({ CONNECTION_ACK_TIMEOUT_MS: '300' }, proxy)
    proxy.hang()
    const socket = await RawSocket.open(testService.webSocketUrl, { protocol: PROTOCOL })
    socket.send({ type: 'connection_init', payload: { token: sam.token } })
    expect(await socket.closed).toEqual({ code: 4504, reason: 'Not acknowledged in time' })
    proxy.goOn()
  })
})
