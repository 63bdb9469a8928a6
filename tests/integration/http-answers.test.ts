import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ALLOWED_ORIGINS, ORIGIN_TRICKS } from '../testkit/origin-tricks.js'
import { exchange, wire } from '../testkit/raw-http.js'
import { startTestService, type TestService } from '../testkit/service.js'

let testService: TestService
let token: string

beforeAll(async () => {
  testService = await startTestService({ CORS_ORIGIN: ALLOWED_ORIGINS.join() })
  await testService.seed.person('bea')
  token = await testService.seed.token({ subject: 'bea' })
})
afterAll(() => testService.close())

const ask = (headers: Record<string, string> = {}, method = 'POST') =>
  fetch(testService.url, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
    ...(method === 'POST' && { body: '{"query":"{ viewer { id } }"}' }),
  })
const at = (path: string) => new URL(path, testService.url)

describe('every answer', () => {
  test.each(['/graphql', '/health', '/ready', '/nowhere'])(
    'at %s carries the id of its request, and is not kept',
    async (path) => {
      const [one, other] = [await fetch(at(path)), await fetch(at(path))]
      expect(one.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/)
      expect(other.headers.get('x-request-id')).not.toBe(one.headers.get('x-request-id'))
      expect(one.headers.get('cache-control')).toBe('no-store')
    },
  )

  test('sets no cookie', async () => {
    expect((await ask()).headers.get('set-cookie')).toBeNull()
  })
})

describe('a page of', () => {
  test.each(ALLOWED_ORIGINS)('%s may read answers', async (origin) => {
    const { headers } = await ask({ origin })
    expect(headers.get('access-control-allow-origin')).toBe(origin)
    expect(headers.get('access-control-expose-headers')).toBe('x-request-id,retry-after')
    expect(headers.get('vary')).toMatch(/origin/i)
    expect(headers.get('access-control-allow-credentials')).toBeNull()
  })

  test.each(ORIGIN_TRICKS)('%j may not', async (origin) => {
    const { headers } = await ask({ origin })
    expect([...headers.keys()].filter((name) => /allow|credentials/.test(name))).toEqual([])
    expect(headers.get('vary')).toMatch(/origin/i)
  })

  test.each(ORIGIN_TRICKS)('%j may not ask beforehand', async (origin) => {
    const response = await fetch(testService.url, {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': 'POST' },
    })
    expect(response.status).toBe(403)
    expect([...response.headers.keys()].filter((name) => /allow|credentials/.test(name))).toEqual([])
    expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'FORBIDDEN' } }] })
  })

  test('two origins at once may neither', async () => {
    const { text: answer } = await exchange(
      testService.url,
      wire('GET /health', [`Origin: ${ALLOWED_ORIGINS[0]}`, 'Origin: https://evil.example']),
    )
    expect(answer).not.toMatch(/access-control-allow/i)
  })

  test('an allowed origin may ask beforehand, without a token', async () => {
    const response = await fetch(testService.url, {
      method: 'OPTIONS',
      headers: {
        origin: 'https://app.example.com',
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization,content-type',
      },
    })
    expect(response.status).toBe(204)
    expect(response.headers.get('access-control-allow-origin')).toBe('https://app.example.com')
    expect(response.headers.get('access-control-allow-methods')).toBe('GET,POST')
    expect(response.headers.get('access-control-allow-headers')).toBe('authorization,content-type')
  })
})

describe('a path that leads nowhere', () => {
  test.each(['/nowhere', '/graphql/', '/GRAPHQL', '/graphql/x', '/health/', '/.env'])('is 404: %s', async (path) => {
    const response = await fetch(at(path))
    expect(response.status).toBe(404)
    expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8')
    expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'NOT_FOUND' } }] })
  })

  test.each(['//', '//host:x', '/%', '/\\', 'http://[', '*'])('and is malformed is 404 too: %s', async (path) => {
    const socket = connect(Number(at('/').port), at('/').hostname)
    socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`)
    expect(await text(socket)).toMatch(/^HTTP\/1\.1 404 /)
  })
})

test('health says that the process lives, ready that it can serve', async () => {
  const [health, ready] = [await fetch(at('/health')), await fetch(at('/ready'))]
  expect([health.status, await health.json()]).toEqual([200, { status: 'live' }])
  expect([ready.status, await ready.json()]).toEqual([200, { status: 'ready', database: 'up', bus: 'up' }])
})
