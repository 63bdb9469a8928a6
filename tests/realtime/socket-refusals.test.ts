import { once } from 'node:events'
import { connect as connectTcp } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { ALLOWED_ORIGINS, ORIGIN_TRICKS } from '../testkit/origin-tricks.js'
import { RawSocket, upgradeRefusalOf } from '../testkit/raw-socket.js'
import type { Person } from '../testkit/seed.js'
import { startTestService, type TestService } from '../testkit/service.js'

const PROTOCOL = 'graphql-transport-ws'

let testService: TestService
let sam: Person

beforeAll(async () => {
  testService = await startTestService({ CORS_ORIGIN: ALLOWED_ORIGINS.join() })
  sam = await testService.seed.person('sam')
})
afterAll(() => testService.close())

async function serviceStillServes(): Promise<void> {
  const socket = await RawSocket.connect(testService.webSocketUrl, sam.token)
  expect(await socket.untilPong()).toEqual([])
  await socket.close()
}

/** What comes back over a plain TCP connection, up to these words or its end. */
async function exchange(request: readonly string[], upTo = 'the end'): Promise<string> {
  const { port } = testService.service.address
  const stream = connectTcp(port, '127.0.0.1')
  stream.write(`${request.join('\r\n')}\r\n\r\n`)
  let answer = ''
  for await (const chunk of stream) {
    answer += String(chunk)
    if (answer.includes(upTo)) break
  }
  return answer
}

function upgradeOf(target: string, protocol = PROTOCOL): readonly string[] {
  return [
    `GET ${target} HTTP/1.1`,
    'Host: localhost',
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    `Sec-WebSocket-Protocol: ${protocol}`,
  ]
}

test('a socket without a subprotocol is closed', async () => {
  const socket = await RawSocket.open(testService.webSocketUrl, {})
  expect(await socket.closed).toEqual({ code: 4406, reason: 'Subprotocol not acceptable' })
})

test('a socket that asks for another subprotocol gets none, and is closed', async () => {
  const answer = await exchange(upgradeOf('/graphql', 'graphql-ws'), 'not acceptable')
  expect(answer).toContain('101 Switching Protocols')
  expect(answer).not.toContain('Sec-WebSocket-Protocol')
  expect(answer).toContain('Subprotocol not acceptable')
})

test('a socket that asks for several subprotocols gets the one that is spoken', async () => {
  const answer = await exchange(upgradeOf('/graphql', `graphql-ws, ${PROTOCOL}`), '\r\n\r\n')
  expect(answer).toContain(`Sec-WebSocket-Protocol: ${PROTOCOL}\r\n`)
})

test('frames are not compressed, though clients offer it', async () => {
  const client = new WebSocket(testService.webSocketUrl, PROTOCOL)
  await once(client, 'open')
  expect(client.extensions).toBe('')
  client.terminate()
})

test('a socket that says nothing is closed after 3 s', async () => {
  const socket = await RawSocket.open(testService.webSocketUrl, { protocol: PROTOCOL })
  expect(await socket.closed).toEqual({ code: 4408, reason: 'Connection initialisation timeout' })
})

test.each(ORIGIN_TRICKS)('pages of %j may not connect', async (origin) => {
  const refusal = await upgradeRefusalOf(testService.webSocketUrl, { headers: { origin } })
  expect([refusal.status, JSON.parse(refusal.body)]).toEqual([
    403,
    { errors: [{ message: expect.stringContaining('CORS_ORIGIN'), extensions: { code: 'FORBIDDEN' } }] },
  ])
})

test('pages of two origins at once may not connect', async () => {
  const origins = [`Origin: ${ALLOWED_ORIGINS[0]}`, `Origin: ${ALLOWED_ORIGINS[1]}`]
  expect(await exchange([...upgradeOf('/graphql'), ...origins])).toMatch(/^HTTP\/1\.1 403 /)
})

test.each(ALLOWED_ORIGINS)('pages of %s may connect', async (origin) => {
  const socket = await RawSocket.open(testService.webSocketUrl, { protocol: PROTOCOL, origin })
  socket.send({ type: 'connection_init', payload: { token: sam.token } })
  expect(await socket.next()).toEqual({ type: 'connection_ack' })
  await socket.close()
})

test.each(['/', '/graphql/', '/graphqlx', '/health'])('there is no socket at %s', async (path) => {
  const refusal = await upgradeRefusalOf(new URL(path, testService.webSocketUrl).href)
  expect([refusal.status, JSON.parse(refusal.body)]).toEqual([
    404,
    { errors: [{ message: 'Connect to /graphql.', extensions: { code: 'NOT_FOUND' } }] },
  ])
})

test.each(['//', 'http://', '*', '/\\', 'http://[', '/%'])(
  'an upgrade to the unreadable target %s is refused and harms nobody',
  async (target) => {
    expect(await exchange(upgradeOf(target))).toMatch(/^HTTP\/1\.1 40\d /)
    await serviceStillServes()
  },
)

describe('a request that asks for another protocol than WebSocket is answered as if it did not', () => {
  const asking = (requestLine: string, protocol: string, ...headers: string[]) => [
    `${requestLine} HTTP/1.1`,
    'Host: localhost',
    'Connection: Upgrade, HTTP2-Settings',
    `Upgrade: ${protocol}`,
    'HTTP2-Settings: AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA',
    ...headers,
  ]
  const authorization = () => `Authorization: Bearer ${sam.token}`

  test.each(['h2c', 'TLS/1.2', 'websocket, h2c'])('%s', async (protocol) => {
    const answer = await exchange(asking('GET /health', protocol), '}')
    expect(answer).toMatch(/^HTTP\/1\.1 200 .*\{"status":"live"\}$/s)
  })

  test('with a body, sent with the head or later, and with another request behind it', async () => {
    const body = '{"query":"{ viewer { id } }"}'
    const type = 'Content-Type: application/json'
    const post = asking('POST /graphql', 'h2c', authorization(), type, `Content-Length: ${body.length}`).join('\r\n')
    const stream = connectTcp(testService.service.address.port, '127.0.0.1')
    let answers = ''
    const answered = async (count: number) => {
      while (answers.split('"usr_sam"').length <= count) answers += String((await once(stream, 'data'))[0])
    }
    stream.write(`${post}\r\n\r\n${body}`)
    await answered(1)
    stream.write(`${post}\r\n\r\n`)
    stream.write(body)
    await answered(2)
    stream.write(`GET /graphql?query=%7Bviewer%7Bid%7D%7D HTTP/1.1\r\nHost: localhost\r\n${authorization()}\r\n\r\n`)
    await answered(3)
    expect(answers.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 200', 'HTTP/1.1 200'])
    stream.destroy()
  })

  test.each([
    ['two Hosts', 'Host: other'],
    ['an expectation', 'Expect: tea'],
  ])('with %s is refused, and a client that resets the connection then harms nobody', async (_, header) => {
    const stream = connectTcp({ port: testService.service.address.port, host: '127.0.0.1', allowHalfOpen: true })
    const request = asking('GET /health', 'h2c', header)
    stream.write(`${request.join('\r\n')}\r\n\r\n`)
    expect(String((await once(stream, 'data'))[0])).toMatch(/^HTTP\/1\.1 4\d\d /)
    stream.resetAndDestroy()
    // An error that nobody hears fails the run.
    await serviceStillServes()
  })

  test('with more headers than are taken is refused like every other', async () => {
    const headers = Array.from({ length: 120 }, (_, nth) => `X-${nth}: x`)
    expect(await exchange(asking('GET /health', 'h2c', ...headers))).toMatch(/^HTTP\/1\.1 431 /)
    await serviceStillServes()
  })
})
