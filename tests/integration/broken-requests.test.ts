import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ErrorCode } from '../../src/errors.js'
import { exchange, type RawAnswer, wire } from '../testkit/raw-http.js'
import { startTestService, type TestService } from '../testkit/service.js'
import { query } from '../testkit/sql.js'

// Limits that nobody would come upon by chance, and nothing that helps developers: as in production.
const ENVIRONMENT = {
  INTROSPECTION: 'off',
  MAX_BODY_BYTES: '12347',
  MAX_HEADER_BYTES: '8219',
  REQUEST_TIMEOUT_MS: '600000',
  METRICS_TOKEN: 'a-token-of-the-operators',
  CORS_ORIGIN: 'https://app.example.com',
}
const NOBODY_S_BUSINESS = [
  /\bat \S+ \(|\bat \S+:\d+/, // a stack
  /node_modules|\/src\/|\.[jt]s\b|file:/, // a path
  /\b(select|insert|update|delete|from|column \S+|relation|constraint|prisma|postgres|redis|yoga|whatwg|llhttp|HPE_\w+)\b/i,
  /"(User|Transaction|Participant|Message|TimelineEntry)"/, // a table
  /\d+\.\d+\.\d+/, // a version
  /12347|8219/, // a limit that protects the service
  /did you mean/i,
]
const JSON_TYPE = 'Content-Type: application/json'
const NO_UTF_8 = '{"query":"{ viewer { id } }","x":"\xff"}'
const UPGRADE = ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Protocol: graphql-transport-ws']
const HANDSHAKE = [...UPGRADE, 'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==']

let testService: TestService
let authorization: string

beforeAll(async () => {
  testService = await startTestService(ENVIRONMENT)
  authorization = `Authorization: Bearer ${(await testService.seed.person('bea')).token}`
})
afterAll(() => testService.close())

const ask = (request: string | Buffer) => exchange(testService.url, request)
const posted = (body: string, ...headers: string[]) =>
  wire('POST /graphql', [authorization, `Content-Length: ${Buffer.byteLength(body)}`, ...headers], body)
const asked = (document: string) => posted(JSON.stringify({ query: document }), JSON_TYPE)

/** What every answer has, whoever gives it. */
function expectGuarded({ headers }: RawAnswer, contentType = 'application/json; charset=utf-8'): void {
  expect(headers).toMatchObject({
    'content-security-policy': "default-src 'none';base-uri 'none';form-action 'none';frame-ancestors 'none'",
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'origin-agent-cluster': '?1',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'x-dns-prefetch-control': 'off',
    'x-download-options': 'noopen',
    'x-frame-options': 'DENY',
    'x-permitted-cross-domain-policies': 'none',
    'x-xss-protection': '0',
    'cache-control': 'no-store',
    'x-request-id': expect.stringMatching(/^[0-9a-f-]{36}$/),
    vary: expect.stringMatching(/^Origin/),
    'content-type': contentType,
  })
  for (const name of ['server', 'x-powered-by', 'set-cookie', 'strict-transport-security'])
    expect(headers).not.toHaveProperty(name)
}

function expectClean({ text }: RawAnswer): void {
  for (const pattern of NOBODY_S_BUSINESS) expect(text).not.toMatch(pattern)
}

type BrokenRequest = readonly [name: string, request: () => string | Buffer, status: number, code: string]

const PATHS: readonly BrokenRequest[] = [
  '/nowhere',
  '/GRAPHQL',
  '/graphql/',
  '//graphql',
  '/%67raphql',
  '/graphql;a=b',
  '/graphql#a',
  '/x/../graphql',
  'http://localhost/x',
  '/.env',
  '/metrics',
].map((path) => [path, () => wire(`GET ${path}`), 404, 'NOT_FOUND'] as const)

const METHODS: readonly BrokenRequest[] = [
  ...['PUT', 'DELETE', 'PATCH', 'TRACE', 'PROPFIND'].map((method) => `${method} /graphql`),
  ...['POST', 'PUT', 'OPTIONS'].flatMap((method) => [`${method} /health`, `${method} /ready`]),
  'CONNECT localhost:443',
].map((line) => [line, () => wire(line), 405, 'BAD_USER_INPUT'] as const)

const HEADS: readonly BrokenRequest[] = [
  ['without a Host', () => 'GET /graphql HTTP/1.1\r\nConnection: close\r\n\r\n', 400, 'BAD_USER_INPUT'],
  ['with two Hosts', () => wire('GET /graphql', ['Host: other']), 400, 'BAD_USER_INPUT'],
  ['that expects something', () => wire('GET /graphql', ['Expect: a miracle']), 417, 'BAD_USER_INPUT'],
  ['with a large header', () => wire('GET /graphql', [`X-Large: ${'x'.repeat(8_300)}`]), 431, 'PAYLOAD_TOO_LARGE'],
  ['with a long URL', () => wire(`GET /graphql?query=${'x'.repeat(8_300)}`), 431, 'PAYLOAD_TOO_LARGE'],
  [
    'with 101 headers',
    () =>
      wire(
        'GET /graphql',
        Array.from({ length: 99 }, (_, nth) => `x-${nth}: 1`),
      ),
    431,
    'PAYLOAD_TOO_LARGE',
  ],
]

const UNREADABLE: readonly BrokenRequest[] = [
  ['a method that there is not', () => wire('BREW /graphql')],
  ['a method in small letters', () => wire('get /graphql')],
  ['another version of HTTP', () => 'GET /graphql HTTP/9.9\r\nHost: localhost\r\n\r\n'],
  ['TLS', () => Buffer.from('16030100a5010000a10303', 'hex')],
  ['no HTTP at all', () => 'select * from secrets\n\n'],
  ['both lengths', () => posted('{}', JSON_TYPE, 'Transfer-Encoding: chunked')],
  ['two lengths', () => posted('{}', JSON_TYPE, 'Content-Length: 3')],
  ['a length that is no number', () => wire('POST /graphql', [authorization, 'Content-Length: 2x'], '{}')],
  ['a length below nothing', () => wire('POST /graphql', [authorization, 'Content-Length: -2'], '{}')],
  [
    'chunks that are not the last coding',
    () => wire('POST /graphql', [authorization, 'Transfer-Encoding: chunked, gzip'], '0\r\n\r\n'),
  ],
  [
    'a chunk without a size',
    () => wire('POST /graphql', [authorization, JSON_TYPE, 'Transfer-Encoding: chunked'], 'zz\r\n{}\r\n0\r\n\r\n'),
  ],
  ['a space before a colon', () => wire('GET /graphql', ['X-Header : 1'])],
  ['a header on two lines', () => wire('GET /graphql', ['X-Header: 1', ' 2: 3'])],
  ['a header with a null', () => wire('GET /graphql', ['X-Header: a\0b'])],
].map(([name, request]) => [name, request, 400, 'BAD_USER_INPUT'] as BrokenRequest)

const BODIES: readonly BrokenRequest[] = [
  ['no JSON', () => posted('{"query":', JSON_TYPE), 400, 'BAD_USER_INPUT'],
  ['too large', () => posted('x'.repeat(12_348), JSON_TYPE), 413, 'PAYLOAD_TOO_LARGE'],
  [
    'too large by its own account',
    () => wire('POST /graphql', [authorization, JSON_TYPE, 'Content-Length: 99999999999']),
    413,
    'PAYLOAD_TOO_LARGE',
  ],
  [
    'too large, and will not say so',
    () =>
      wire(
        'POST /graphql',
        [authorization, JSON_TYPE, 'Transfer-Encoding: chunked'],
        `4000\r\n${'x'.repeat(0x4000)}\r\n`,
      ),
    413,
    'PAYLOAD_TOO_LARGE',
  ],
  ...[
    'text/plain',
    'application/json; charset=latin1',
    'application/json; charset=utf-16',
    'application/json; charset=utf-8; charset=utf-7',
    'application/json, text/plain',
    'application/jsonx',
    'multipart/form-data; boundary=x',
  ].map((type): BrokenRequest => [type, () => posted('{}', `Content-Type: ${type}`), 415, 'BAD_USER_INPUT']),
  ['untyped', () => posted('{}'), 415, 'BAD_USER_INPUT'],
  ...['gzip', 'br', 'deflate', 'identity, gzip', 'x'].map(
    (coding): BrokenRequest => [
      coding,
      () => posted('{}', JSON_TYPE, `Content-Encoding: ${coding}`),
      415,
      'BAD_USER_INPUT',
    ],
  ),
  [
    'no UTF-8',
    () =>
      Buffer.from(
        wire('POST /graphql', [authorization, JSON_TYPE, `Content-Length: ${NO_UTF_8.length}`], NO_UTF_8),
        'latin1',
      ),
    400,
    'BAD_USER_INPUT',
  ],
]

const QUESTIONS: readonly BrokenRequest[] = [
  ['nobody asks', () => wire('POST /graphql', [JSON_TYPE, 'Content-Length: 2'], '{}'), 401, 'UNAUTHENTICATED'],
  ['a forger asks', () => wire('GET /graphql', ['Authorization: Bearer x.y.z']), 401, 'UNAUTHENTICATED'],
  ['a page asks that may not', () => wire('OPTIONS /graphql', ['Origin: https://evil.example']), 403, 'FORBIDDEN'],
  ['is no GraphQL', () => asked('{ viewer {'), 200, 'BAD_USER_INPUT'],
  ['nearly has a field', () => asked('{ viewr { id } }'), 200, 'BAD_USER_INPUT'],
  ['has a field without its fields', () => asked('{ viewer }'), 200, 'BAD_USER_INPUT'],
  ['asks for the schema', () => asked('{ __schema { types { name } } }'), 200, 'BAD_USER_INPUT'],
  ['is about an id that is none', () => asked('{ unreadCount(transactionId: "txn_\'; DROP") }'), 200, 'BAD_USER_INPUT'],
  ['is about what is not there', () => asked('{ unreadCount(transactionId: "txn_nowhere") }'), 200, 'NOT_FOUND'],
  [
    'writes by GET',
    () => wire('GET /graphql?query=mutation{deleteMessage(input:{messageId:""}){message{id}}}', [authorization]),
    405,
    'BAD_USER_INPUT',
  ],
]

describe.each([
  ['a path', PATHS],
  ['a method', METHODS],
  ['a head', HEADS],
  ['what can not be read:', UNREADABLE],
  ['a body that is', BODIES],
  ['a question that', QUESTIONS],
])('%s', (_, requests) => {
  test.each(requests)(
    '%s is refused with all the headers, and nothing of the inside',
    async (_name, request, status, code) => {
      const answer = await ask(request())
      expect(answer.status).toBe(status)
      expectGuarded(answer)
      expectClean(answer)
      const { errors } = JSON.parse(answer.body)
      expect(errors.map(({ extensions }: { extensions: { code: string } }) => extensions.code)).toEqual(
        errors.map(() => code),
      )
      for (const { extensions } of errors) expect(extensions).not.toHaveProperty('limit')
    },
  )
})

test.each(METHODS)('%s is told which methods there are', async (_name, request) => {
  expect((await ask(request())).headers['allow']).toMatch(/^GET, HEAD(, POST, OPTIONS)?$/)
})

test.each<[string, () => string, number, ErrorCode]>([
  ['elsewhere', () => wire('GET /', HANDSHAKE), 404, 'NOT_FOUND'],
  ['from another page', () => wire('GET /graphql', [...HANDSHAKE, 'Origin: https://evil.example']), 403, 'FORBIDDEN'],
  ['without a key', () => wire('GET /graphql', [...UPGRADE, 'Sec-WebSocket-Version: 13']), 400, 'BAD_USER_INPUT'],
  [
    'of another version',
    () => wire('GET /graphql', [...HANDSHAKE, 'Sec-WebSocket-Version: 99']),
    400,
    'BAD_USER_INPUT',
  ],
  ['by POST', () => wire('POST /graphql', HANDSHAKE), 400, 'BAD_USER_INPUT'],
  ['with two Hosts', () => wire('GET /graphql', [...HANDSHAKE, 'Host: other']), 400, 'BAD_USER_INPUT'],
  ['with 101 headers', () => wire('GET /graphql', [...HANDSHAKE, ...Array(99).fill('X: 1')]), 431, 'PAYLOAD_TOO_LARGE'],
])(
  'an upgrade %s is refused with all the headers and its code, and its connection is closed',
  async (_, request, status, code) => {
    const answer = await ask(request())
    expect([answer.status, JSON.parse(answer.body).errors[0].extensions.code]).toEqual([status, code])
    expectGuarded(answer)
    expectClean(answer)
  },
)

test.each([
  ['a query', () => asked('{ viewer { id } }'), 200],
  ['a query in an absolute URL', () => wire('GET http://elsewhere/graphql?query={viewer{id}}', [authorization]), 200],
  ['a query by HEAD', () => wire('HEAD /graphql?query={viewer{id}}', [authorization]), 200],
  ['the health', () => wire('GET /health'), 200],
  ['the health by HEAD', () => wire('HEAD /health'), 200],
  ['how ready it is', () => wire('GET /ready'), 200],
])('%s is answered with all the headers', async (_, request, status) => {
  const answer = await ask(request())
  expect([answer.status, answer.body === '']).toEqual([status, request().startsWith('HEAD')])
  expectGuarded(answer)
})

test('a page that may is told so beforehand, and told what', async () => {
  const answer = await ask(wire('OPTIONS /graphql', ['Origin: https://app.example.com']))
  expect(answer).toMatchObject({ status: 204, headers: { 'access-control-allow-origin': 'https://app.example.com' } })
  expect(answer.headers).toMatchObject({ allow: 'GET, HEAD, POST, OPTIONS', 'cache-control': 'no-store' })
})

test('the metrics have all the headers', async () => {
  const answer = await ask(wire('GET /metrics', [`Authorization: Bearer ${ENVIRONMENT.METRICS_TOKEN}`]))
  expect(answer.status).toBe(200)
  expectGuarded(answer, 'text/plain; version=0.0.4; charset=utf-8')
})

describe('a connection is cut off soon after the refusal', () => {
  /** Sends this, and then neither goes on nor closes; resolves when the server has cut the connection. */
  async function untilCutOff(request: string): Promise<string> {
    const { hostname, port } = new URL(testService.url)
    const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true })
    socket.on('error', () => {}).write(request)
    let answer = ''
    socket.setEncoding('utf8').on('data', (part) => {
      answer += part
    })
    // Who keeps its half open learns of the end only by writing.
    const timer = setInterval(() => socket.write('x'), 50)
    await new Promise<void>((resolve) => socket.once('close', () => resolve()))
    clearInterval(timer)
    return answer
  }

  test.each<[string, () => string, number]>([
    ['whose body nobody reads', () => `POST /nowhere HTTP/1.1\r\nHost: a\r\nContent-Length: 999999999\r\n\r\n`, 404],
    ['whose upgrade is refused', () => wire('GET /', HANDSHAKE), 404],
    ['that speaks no HTTP', () => 'hello\r\n\r\n', 400],
  ])('of a client %s', async (_, request, status) => {
    expect(await untilCutOff(request())).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
  })
})

test('a client that waits to be told before it sends its body is told so, unless it is too large', async () => {
  const expecting = (bytes: number) => [authorization, JSON_TYPE, `Content-Length: ${bytes}`, 'Expect: 100-continue']
  const body = '{"query":"{ viewer { id } }"}'
  expect((await ask(wire('POST /graphql', expecting(body.length), body))).text).toMatch(/^HTTP\/1\.1 100 .*200 OK/s)
  expect((await ask(wire('POST /graphql', expecting(12_348)))).text).toMatch(/^HTTP\/1\.1 413 /)
})

test('a request id is ours, whatever the caller sends', async () => {
  for (const request of [
    wire('GET /health', ['X-Request-Id: mine']),
    wire('GET /', [...HANDSHAKE, 'X-Request-Id: mine']),
  ]) {
    const { headers } = await ask(request)
    expect(headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/)
  }
})

test('what goes wrong inside says nothing of the inside', async () => {
  await query(testService.database.url, 'ALTER TABLE "User" RENAME COLUMN "avatarUrl" TO "elsewhere"')
  const answer = await ask(asked('{ viewer { id } }'))
  expect([answer.status, JSON.parse(answer.body).errors[0].extensions.code]).toEqual([500, 'INTERNAL_SERVER_ERROR'])
  expectGuarded(answer)
  expectClean(answer)
})
