import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { text } from 'node:stream/consumers'
import { SignJWT, UnsecuredJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { PLATFORM } from '../testkit/seed.js'
import { startTestService, type TestService } from '../testkit/service.js'

const SECRET: string = randomUUID()
const ISSUER = 'https://issuer.example.com'
const AUDIENCE = 'escrow-chat'

let testService: TestService
beforeAll(async () => {
  testService = await startTestService({
    JWT_SECRET: SECRET,
    JWT_ISSUER: ISSUER,
    JWT_AUDIENCE: AUDIENCE,
  })
  await testService.seed.person('bea')
  await testService.seed.person('suspended')
  const suspended = { key: 'suspended', displayName: 'suspended', status: 'SUSPENDED' } as const
  await testService.service.services.user.upsert(PLATFORM, suspended)
})
afterAll(() => testService.close())

const seconds = (fromNow: number) => Math.floor(Date.now() / 1000) + fromNow
const good = () => ({ sub: 'bea', iss: ISSUER, aud: AUDIENCE, exp: seconds(60) })
const sign = (claims: Record<string, unknown>, { secret = SECRET, alg = 'HS256' } = {}) =>
  new SignJWT(claims).setProtectedHeader({ alg }).sign(new TextEncoder().encode(secret))

async function ask(authorization: string | null) {
  const response = await fetch(testService.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(authorization !== null && { authorization }) },
    body: '{"query":"{ viewer { id } }"}',
  })
  const headers = Object.fromEntries(response.headers)
  // Of its own has every answer these; how the length is told is a matter of who wrote it.
  for (const name of ['date', 'x-request-id', 'content-length', 'transfer-encoding']) delete headers[name]
  return { status: response.status, headers, body: await response.text() }
}

describe('a token is taken', () => {
  test.each<[string, () => Promise<string>]>([
    ['that is good', async () => `Bearer ${await sign(good())}`],
    ['whatever the case of the scheme', async () => `bearer ${await sign(good())}`],
    ['that expired within the tolerance of 5 s', async () => `Bearer ${await sign({ ...good(), exp: seconds(-2) })}`],
    [
      'for several audiences, if it is among them',
      async () => `Bearer ${await sign({ ...good(), aud: ['x', AUDIENCE] })}`,
    ],
  ])('%s', async (_, authorization) => {
    const { status, body } = await ask(await authorization())
    expect([status, JSON.parse(body)]).toEqual([200, { data: { viewer: { id: 'usr_bea' } } }])
  })
})

describe('the same refusal, to the byte, gets', () => {
  const BAD: [string, () => string | null | Promise<string>][] = [
    ['no token', () => null],
    ['an empty header', () => ''],
    ['a scheme without a token', () => 'Bearer '],
    ['another scheme', () => 'Basic YmVhOmJlYQ=='],
    ['a token without a scheme', () => sign(good())],
    ['two tokens', async () => `Bearer ${await sign(good())} ${await sign(good())}`],
    ['garbage', () => 'Bearer garbage'],
    ['garbage of three parts', () => 'Bearer a.b.c'],
    [
      'another secret',
      async () => `Bearer ${await sign(good(), { secret: 'another secret of the same length, really' })}`,
    ],
    ['another algorithm', async () => `Bearer ${await sign(good(), { alg: 'HS512' })}`],
    ['no algorithm', () => `Bearer ${new UnsecuredJWT(good()).encode()}`],
    ['a changed body', async () => `Bearer ${withSubject(await sign(good()), 'ari')}`],
    ['a cut signature', async () => `Bearer ${(await sign(good())).slice(0, -2)}`],
    ['an expired token', async () => `Bearer ${await sign({ ...good(), exp: seconds(-60) })}`],
    ['a token without an end', async () => `Bearer ${await sign({ ...good(), exp: undefined })}`],
    ['a token whose time has not come', async () => `Bearer ${await sign({ ...good(), nbf: seconds(60) })}`],
    ['another issuer', async () => `Bearer ${await sign({ ...good(), iss: 'https://evil.example.com' })}`],
    ['no issuer', async () => `Bearer ${await sign({ ...good(), iss: undefined })}`],
    ['another audience', async () => `Bearer ${await sign({ ...good(), aud: 'another' })}`],
    ['no audience', async () => `Bearer ${await sign({ ...good(), aud: undefined })}`],
    ['somebody suspended', async () => `Bearer ${await sign({ ...good(), sub: 'suspended' })}`],
    ['somebody unknown', async () => `Bearer ${await sign({ ...good(), sub: 'nobody' })}`],
    ['nobody', async () => `Bearer ${await sign({ ...good(), sub: undefined })}`],
    ['a subject with U+0000', async () => `Bearer ${await sign({ ...good(), sub: 'bea\0' })}`],
    ['a subject with half of a surrogate pair', async () => `Bearer ${await sign({ ...good(), sub: 'bea\ud83d' })}`],
    [
      'a client that may read no history',
      async () => `Bearer ${await sign({ ...good(), sub: undefined, client_id: 'shop' })}`,
    ],
    [
      'history without a client',
      async () => `Bearer ${await sign({ ...good(), sub: undefined, scope: 'history:read' })}`,
    ],
    ['a token of more than 8 KiB', async () => `Bearer ${await sign({ ...good(), padding: 'x'.repeat(8_192) })}`],
  ]

  test.each(BAD)('%s', async (_, authorization) => {
    const answer = await ask(await authorization())
    expect(answer).toEqual(await ask('Bearer garbage'))
    expect(answer.status).toBe(401)
    expect(JSON.parse(answer.body)).toEqual({
      errors: [{ message: expect.any(String), extensions: { code: 'UNAUTHENTICATED' } }],
    })
    expect(answer.headers['www-authenticate']).toBe('Bearer')
  })
})

/** Asks with headers and a path as they are written, without what fetch puts in order. */
async function askRaw(headers: readonly string[], path = '/graphql') {
  const body = '{"query":"{ viewer { id } }"}'
  const all = ['host', 'localhost', 'content-type', 'application/json', 'content-length', `${body.length}`, ...headers]
  const asking = request(new URL(path, testService.url), { method: 'POST', headers: all, agent: false })
  asking.end(body)
  const [response] = (await once(asking, 'response')) as [IncomingMessage]
  return { status: response.statusCode, body: JSON.parse(await text(response)) as unknown }
}

const UNAUTHENTICATED = { errors: [{ message: expect.any(String), extensions: { code: 'UNAUTHENTICATED' } }] }

describe('a good token does not count', () => {
  test.each<[string, (token: string) => readonly string[]]>([
    ['beside another one', (token) => ['authorization', `Bearer ${token}`, 'authorization', 'Bearer another']],
    ['twice', (token) => ['authorization', `Bearer ${token}`, 'Authorization', `Bearer ${token}`]],
    ['in a cookie', (token) => ['cookie', `token=${token}; authorization=Bearer ${token}; access_token=${token}`]],
    ['in a header of another name', (token) => ['x-access-token', token, 'proxy-authorization', `Bearer ${token}`]],
  ])('%s', async (_, headers) => {
    const token = await sign(good())
    expect(await askRaw(['authorization', `Bearer ${token}`])).toMatchObject({ status: 200 })
    expect(await askRaw(headers(token))).toEqual({ status: 401, body: UNAUTHENTICATED })
  })

  test.each(['token', 'access_token', 'authorization', 'jwt', 'extensions'])('in the URL, as %s', async (name) => {
    const token = await sign(good())
    for (const value of [token, `Bearer ${token}`, JSON.stringify({ authorization: `Bearer ${token}` })]) {
      const path = `/graphql?${new URLSearchParams({ [name]: value })}`
      expect(await askRaw([], path)).toEqual({ status: 401, body: UNAUTHENTICATED })
    }
  })
})

test('somebody who is suspended is refused from the next request on, and is let in again when active', async () => {
  await testService.seed.person('cat')
  const token = `Bearer ${await sign({ ...good(), sub: 'cat' })}`
  const become = (status: 'ACTIVE' | 'SUSPENDED') =>
    testService.service.services.user.upsert(PLATFORM, { key: 'cat', displayName: 'cat', status })
  const statuses = [(await ask(token)).status]
  await become('SUSPENDED')
  statuses.push((await ask(token)).status)
  await become('ACTIVE')
  statuses.push((await ask(token)).status)
  expect(statuses).toEqual([200, 401, 200])
})

/** The token with another subject, under its old signature. */
function withSubject(token: string, sub: string): string {
  const [header = '', payload = '', signature = ''] = token.split('.')
  const claims = { ...(JSON.parse(Buffer.from(payload, 'base64url').toString()) as object), sub }
  return [header, Buffer.from(JSON.stringify(claims)).toString('base64url'), signature].join('.')
}
