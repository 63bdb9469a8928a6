import { generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Writable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createLogger } from '../../src/log.js'
import { metricOf } from '../testkit/metric.js'
import { RawSocket } from '../testkit/raw-socket.js'
import { PLATFORM } from '../testkit/seed.js'
import { startTestService, type TestService } from '../testkit/service.js'
import {
  FORGERIES,
  FORGERIES_OF_SECRETS,
  type Forge,
  goodClaims,
  goodToken,
  type Mint,
  type SigningKey,
  signJson,
} from './forgeries.js'

const ISSUER = 'https://issuer.example.com'
const AUDIENCE = 'escrow-chat'
const SECRET = randomUUID()

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const weakRsa = generateKeyPairSync('rsa', { modulusLength: 1024 })
const encryption = generateKeyPairSync('rsa', { modulusLength: 2048 })
const curve = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const otherCurve = generateKeyPairSync('ec', { namedCurve: 'P-384' })
const edwards = generateKeyPairSync('ed25519')
const leaked = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const jwk = (key: KeyObject, more: object) => ({ ...key.export({ format: 'jwk' }), ...more })

const PUBLISHED = [
  jwk(rsa.publicKey, { kid: 'rsa', use: 'sig', alg: 'RS256' }),
  jwk(curve.publicKey, { kid: 'curve' }),
  jwk(edwards.publicKey, { kid: 'edwards', key_ops: ['verify'] }),
  jwk(otherCurve.publicKey, { kid: 'other-curve' }),
  jwk(rsa.publicKey, { kid: 'rsa-for-anything' }),
  jwk(weakRsa.publicKey, { kid: 'weak' }),
  jwk(encryption.publicKey, { kid: 'encryption', use: 'enc' }),
  jwk(encryption.publicKey, { kid: 'wrapping', key_ops: ['wrapKey'] }),
  jwk(encryption.publicKey, { kid: 'other-algorithm', alg: 'RS512' }),
  jwk(leaked.privateKey, { kid: 'leaked' }),
  { kty: 'oct', kid: 'symmetric', k: Buffer.from(SECRET).toString('base64url') },
  { kty: 'RSA', kid: 'broken', n: '!', e: 'AQAB' },
]

/** With one of the published keys, and whichever algorithm. */
const by =
  (alg: string, key: SigningKey, kid: string): Forge =>
  (mint) =>
    signJson(alg, key, { alg, kid }, goodClaims(mint))

const pem = (key: KeyObject) => key.export({ type: 'spki', format: 'pem' })
const FORGERIES_OF_KEYS: Readonly<Record<string, Forge>> = {
  'the public key for a secret': by('HS256', pem(rsa.publicKey), 'rsa'),
  'the public key for a secret, without its line breaks': by('HS256', pem(rsa.publicKey).toString().trim(), 'rsa'),
  'the public key for a secret, in bytes': by('HS256', rsa.publicKey.export({ type: 'spki', format: 'der' }), 'rsa'),
  'the public key for a secret, in JSON': by('HS256', JSON.stringify(PUBLISHED[0]), 'rsa'),
  'the key of a curve for a secret': by('HS256', pem(curve.publicKey), 'curve'),
  'a published secret': by('HS256', SECRET, 'symmetric'),
  PS256: by('PS256', rsa.privateKey, 'rsa-for-anything'),
  RS512: by('RS512', rsa.privateKey, 'rsa-for-anything'),
  ES384: by('ES384', otherCurve.privateKey, 'other-curve'),
  'a key of 1024 bits': by('RS256', weakRsa.privateKey, 'weak'),
  'a key that is for encryption': by('RS256', encryption.privateKey, 'encryption'),
  'a key that may not verify': by('RS256', encryption.privateKey, 'wrapping'),
  'a key of another algorithm': by('RS256', encryption.privateKey, 'other-algorithm'),
  'a private key that was published': by('ES256', leaked.privateKey, 'leaked'),
  'a key that cannot be read': by('RS256', rsa.privateKey, 'broken'),
  'the name of another key': by('ES256', curve.privateKey, 'rsa'),
  'the name of another key of its kind': by('RS256', rsa.privateKey, 'weak'),
  'no name, where several keys fit': (mint) => signJson('RS256', rsa.privateKey, { alg: 'RS256' }, goodClaims(mint)),
}

let publisher: Server
let asked: string[] = []
beforeAll(async () => {
  publisher = createServer(({ url = '' }, response) => {
    asked.push(url)
    const strangers = [jwk(stranger.publicKey, { kid: 'stranger' })]
    response.end(JSON.stringify({ keys: url === '/keys' ? PUBLISHED : strangers }))
  }).listen(0, '127.0.0.1')
  await once(publisher, 'listening')
})
afterAll(async () => {
  publisher.close()
  publisher.closeAllConnections()
  await once(publisher, 'close')
})
const publishedAt = (path: string) => `http://127.0.0.1:${(publisher.address() as AddressInfo).port}${path}`

const common = { issuer: ISSUER, audience: AUDIENCE }
const SERVICES: [string, () => { env: Record<string, string>; mint: Mint }, Readonly<Record<string, Forge>>][] = [
  [
    'a secret',
    () => ({
      env: { JWT_SECRET: SECRET },
      mint: {
        ...common,
        header: { alg: 'HS256' },
        key: SECRET,
        strangersKey: randomUUID(),
        strangersUrl: publishedAt('/stranger'),
      },
    }),
    FORGERIES_OF_SECRETS,
  ],
  [
    'published keys',
    () => ({
      env: { JWT_SECRET: '', JWT_JWKS_URL: publishedAt('/keys') },
      mint: {
        ...common,
        header: { alg: 'ES256', kid: 'curve' },
        key: curve.privateKey,
        strangersKey: stranger.privateKey,
        strangersUrl: publishedAt('/stranger'),
      },
    }),
    FORGERIES_OF_KEYS,
  ],
]

test('there are more than 100 forgeries', () => {
  expect(Object.keys(FORGERIES).length).toBeGreaterThan(100)
})

describe.each(SERVICES)('with %s', (_, prepare, itsForgeries) => {
  const logged: string[] = []
  const forged: string[] = []
  let testService: TestService
  let mint: Mint
  let startedAt: number

  beforeAll(async () => {
    startedAt = performance.now()
    const prepared = prepare()
    mint = prepared.mint
    asked = []
    const destination = new Writable({
      write(chunk, __, done) {
        logged.push(String(chunk))
        done()
      },
    })
    testService = await startTestService(
      {
        ...prepared.env,
        JWT_ISSUER: ISSUER,
        JWT_AUDIENCE: AUDIENCE,
        // So that a request without a token is refused like all others, and not for what it asks.
        INTROSPECTION: 'off',
      },
      createLogger({ logLevel: 'trace', logFormat: 'json' }, destination),
    )
    const { user } = testService.service.services
    await user.upsert(PLATFORM, { key: 'bea', displayName: 'Bea' })
    await user.upsert(PLATFORM, { key: 'suspended', displayName: 'Suspended', status: 'SUSPENDED' })
  })
  afterAll(() => testService.close())

  async function ask(token: string) {
    const response = await fetch(testService.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: '{"query":"{ viewer { id } }"}',
    })
    const headers = Object.fromEntries(response.headers)
    // Every answer has its own, and nothing else has.
    for (const name of ['date', 'x-request-id']) delete headers[name]
    return { status: response.status, headers, body: await response.text() }
  }

  const closingOf = (token: string) => RawSocket.closingOf(testService.webSocketUrl, { token })

  const refusedSoFar = () => metricOf(testService.url, 'escrow_chat_refused_tokens_total')

  test('a good token is taken at both doors', async () => {
    const token = goodToken(mint)
    expect(await ask(token)).toMatchObject({ status: 200, body: '{"data":{"viewer":{"id":"usr_bea"}}}' })
    await (await RawSocket.connect(testService.webSocketUrl, token)).close()
    expect(await refusedSoFar()).toBe(0)
  })

  test.each(Object.entries({ ...FORGERIES, ...itsForgeries }))(
    '%s: refused at both doors like all others, and counted',
    async (__, forge) => {
      const token = forge(mint)
      forged.push(token)
      const before = await refusedSoFar()
      const answer = await ask(token)
      expect(answer).toEqual(await ask('x'))
      expect(answer).toMatchObject({ status: 401, headers: { 'www-authenticate': 'Bearer' } })
      expect(JSON.parse(answer.body)).toEqual({
        errors: [{ message: expect.any(String), extensions: { code: 'UNAUTHENTICATED' } }],
      })
      expect(await closingOf(token)).toEqual({ code: 4403, reason: 'Forbidden' })
      expect(await refusedSoFar()).toBe(before + 3)
    },
  )

  test('nothing of all that is in the log, and nobody was asked for a key but the issuer', () => {
    const parts = forged.flatMap((token) => token.split('.')).filter((part) => part.length > 20)
    expect(parts.length).toBeGreaterThan(200)
    const log = logged.join('')
    expect(log).not.toBe('')
    expect(parts.filter((part) => log.includes(part))).toEqual([])
    expect(asked.filter((url) => url !== '/keys')).toEqual([])
    // Once for the first token of all, and every 30 s for all those that name unknown keys.
    expect(asked.length).toBeLessThanOrEqual(2 + Math.floor((performance.now() - startedAt) / 30_000))
  })
})
