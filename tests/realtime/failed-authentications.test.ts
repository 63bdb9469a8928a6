import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { testOverRedis } from '../testkit/over-redis.js'
import { RawSocket } from '../testkit/raw-socket.js'
import type { Person } from '../testkit/seed.js'
import { startTestService, type TestNode, type TestService } from '../testkit/service.js'

const MAX = 3
const FAILED_AUTHENTICATIONS_PER_MINUTE = String(MAX)
const FORBIDDEN = { code: 4403, reason: 'Forbidden' }
const TOO_MANY = { code: 4403, reason: 'Too many failed authentications' }

let behindProxy: TestService
let otherNode: TestNode
let bea: Person
/** Each test comes from somewhere else. */
let address: string
let tests = 0

beforeAll(async () => {
  behindProxy = await startTestService({ FAILED_AUTHENTICATIONS_PER_MINUTE, TRUST_PROXY: 'loopback' })
  otherNode = await behindProxy.startAnotherNode()
  bea = await behindProxy.seed.person('bea')
})
beforeEach(() => {
  tests += 1
  address = `203.0.113.${tests}`
})
afterAll(async () => {
  await otherNode.close()
  await behindProxy.close()
})

interface Way {
  readonly from?: string
  readonly to?: TestNode
}

async function ask(token: string | null, { from = address, to = behindProxy }: Way = {}): Promise<Response> {
  return fetch(to.url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-forwarded-for': from,
      ...(token !== null && { authorization: `Bearer ${token}` }),
    },
    body: '{"query":"{ viewer { id } }"}',
  })
}

async function statuses(tokens: readonly (string | null)[], way: Way = {}): Promise<number[]> {
  const found: number[] = []
  for (const token of tokens) found.push((await ask(token, way)).status)
  return found
}

async function connect(token: string | null, { from = address, to = behindProxy }: Way = {}): Promise<RawSocket> {
  const headers = { 'x-forwarded-for': from }
  const socket = await RawSocket.open(to.webSocketUrl, { protocol: 'graphql-transport-ws', headers })
  socket.send({ type: 'connection_init', payload: token === null ? {} : { token } })
  return socket
}

const closingOf = async (token: string | null, way: Way = {}) => (await connect(token, way)).closed

test('of one address so many bad tokens are refused as what they are, then as too many; a good one never is', async () => {
  expect(await statuses(['bad', bea.token, 'worse', 'worst'])).toEqual([401, 200, 401, 401])
  const refused = await ask('again')
  expect(refused.status).toBe(429)
  expect(refused.headers.get('retry-after')).toMatch(/^[1-9]\d?$/)
  expect(refused.headers.get('www-authenticate')).toBeNull()
  expect(await refused.json()).toEqual({
    errors: [
      {
        message: expect.stringMatching(/^Too many failed authentications: try again in \d+ s\.$/),
        extensions: { code: 'RATE_LIMITED', limit: MAX, retryAfterMs: expect.any(Number) },
      },
    ],
  })
  expect(await statuses([bea.token, 'again', bea.token])).toEqual([200, 429, 200])
})

test('sockets are closed with 4403 all the same, so that a client comes back with a better token', async () => {
  for (const token of ['bad', null, 'worse']) expect(await closingOf(token)).toEqual(FORBIDDEN)
  expect(await closingOf('again')).toEqual(TOO_MANY)
  const good = await connect(bea.token)
  expect(await good.next()).toEqual({ type: 'connection_ack' })
  await good.close()
})

test('both doors count together', async () => {
  expect(await statuses(['bad', 'worse'])).toEqual([401, 401])
  expect(await closingOf('worst')).toEqual(FORBIDDEN)
  expect(await statuses(['again'])).toEqual([429])
  expect(await closingOf('again')).toEqual(TOO_MANY)
})

test('another address is not concerned, a neighbour in the same IPv6 network is', async () => {
  const here = { from: '2001:db8:0:7::1' }
  expect(await statuses(['bad', 'bad', 'bad', 'bad'], here)).toEqual([401, 401, 401, 429])
  expect(await statuses(['bad'], { from: '2001:db8:0:7:ffff::2' })).toEqual([429])
  expect(await statuses(['bad'], { from: '2001:db8:0:8::1' })).toEqual([401])
  expect(await statuses(['bad'])).toEqual([401])
})

test('what a client itself says in X-Forwarded-For counts for nothing behind a proxy', async () => {
  const spoofed = (nth: number) => ({ from: `198.51.100.${nth}, ${address}` })
  for (let nth = 0; nth < MAX; nth += 1) expect(await statuses(['bad'], spoofed(nth))).toEqual([401])
  expect(await statuses(['bad'], spoofed(MAX))).toEqual([429])
  expect(await closingOf('bad', spoofed(MAX + 1))).toEqual(TOO_MANY)
})

test('without TRUST_PROXY nobody can say that they are somebody else', async () => {
  const direct = await startTestService({ FAILED_AUTHENTICATIONS_PER_MINUTE })
  try {
    for (let nth = 0; nth < MAX; nth += 1) {
      expect(await statuses(['bad'], { from: `198.51.100.${nth}`, to: direct })).toEqual([401])
    }
    expect(await statuses(['bad'], { from: '198.51.100.99', to: direct })).toEqual([429])
    expect(await closingOf('bad', { from: '198.51.100.100', to: direct })).toEqual(TOO_MANY)
  } finally {
    await direct.close()
  }
})

testOverRedis('all nodes count together', async () => {
  expect(await statuses(['bad', 'bad'])).toEqual([401, 401])
  expect(await closingOf('bad', { to: otherNode })).toEqual(FORBIDDEN)
  expect(await statuses(['bad'], { to: otherNode })).toEqual([429])
  expect(await closingOf('bad')).toEqual(TOO_MANY)
})
