import { CompactSign, SignJWT } from 'jose'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { bearerToken } from '../../src/auth/authenticate.js'
import { createTokenIssuer } from '../../src/auth/token-issuer.js'
import { createTokenVerifier } from '../../src/auth/token-verifier.js'

const SECRET = 'a secret of the tests that is long enough'
const anybody = { issuer: null, audience: null }
const verify = createTokenVerifier({ keys: { secret: SECRET }, ...anybody })
const issue = createTokenIssuer(SECRET, anybody)
const sign = (claims: Record<string, unknown>) =>
  new SignJWT(claims).setProtectedHeader({ alg: 'HS256' }).sign(new TextEncoder().encode(SECRET))
const refused = { code: 'UNAUTHENTICATED' }

beforeEach(() => {
  vi.useFakeTimers({ now: new Date('2026-03-01T12:00:00.000Z'), toFake: ['Date'] })
})
afterEach(() => {
  vi.useRealTimers()
})

describe('a token that was issued', () => {
  test('says whom it stands for, and until when', async () => {
    const token = await issue({ subject: 'bea', clientId: 'app', scopes: ['a', 'b'], lifetimeSeconds: 60 })
    expect(await verify(token)).toEqual({
      subject: 'bea',
      clientId: 'app',
      scopes: ['a', 'b'],
      expiresAt: new Date('2026-03-01T12:01:00.000Z'),
    })
  })

  test('may name a client alone', async () => {
    const token = await issue({ clientId: 'shop', lifetimeSeconds: 60 })
    expect(await verify(token)).toMatchObject({ subject: null, clientId: 'shop', scopes: [] })
  })

  test('is good until 5 s after its end', async () => {
    const token = await issue({ subject: 'bea', lifetimeSeconds: 60 })
    vi.setSystemTime('2026-03-01T12:01:04.000Z')
    expect(await verify(token)).toMatchObject({ subject: 'bea' })
    vi.setSystemTime('2026-03-01T12:01:05.000Z')
    await expect(verify(token)).rejects.toMatchObject(refused)
  })

  test('carries issuer and audience where they are configured, and is taken only there', async () => {
    const expected = { issuer: 'me', audience: 'you' }
    const token = await createTokenIssuer(SECRET, expected)({ subject: 'bea', lifetimeSeconds: 60 })
    expect(await createTokenVerifier({ keys: { secret: SECRET }, ...expected })(token)).toMatchObject({
      subject: 'bea',
    })
    expect(await verify(token)).toMatchObject({ subject: 'bea' })
    for (const other of [
      { ...expected, issuer: 'another' },
      { ...expected, audience: 'another' },
    ]) {
      await expect(createTokenVerifier({ keys: { secret: SECRET }, ...other })(token)).rejects.toMatchObject(refused)
    }
  })
})

describe('claims', () => {
  const seconds = Date.parse('2026-03-01T12:00:00.000Z') / 1000
  const claims = { sub: 'bea', exp: seconds + 60 }

  test.each<[string, Record<string, unknown>, object]>([
    ['scopes with blanks between', { scope: ' a  b ' }, { scopes: ['a', 'b'] }],
    ['a subject and a client', { client_id: 'app' }, { subject: 'bea', clientId: 'app' }],
    ['a time of issue that is ahead by the tolerance', { iat: seconds + 5 }, { subject: 'bea' }],
    ['a time from which it is good that is ahead by the tolerance', { nbf: seconds + 5 }, { subject: 'bea' }],
    ['fractions of a second', { exp: seconds + 0.5 }, { expiresAt: new Date('2026-03-01T12:00:00.500Z') }],
    ['the last second of the year 9999', { exp: 253_402_300_799 }, { expiresAt: new Date('9999-12-31T23:59:59Z') }],
    ['names of others', { scp: ['platform'], 'https://a.b/claims': { sub: 'x' } }, { scopes: [] }],
  ])('with %s are taken', async (_, more, expected) => {
    expect(await verify(await sign({ ...claims, ...more }))).toMatchObject(expected)
  })

  test.each<[string, Record<string, unknown>]>([
    ['nobody', { sub: undefined }],
    ['a subject that is empty', { sub: '' }],
    ['a subject that is a number', { sub: 7 }],
    ['a subject that is null', { sub: null }],
    ['a subject that is a list', { sub: ['bea'] }],
    ['a subject of 256 characters', { sub: 'b'.repeat(256) }],
    ['a client that is a number', { client_id: 7 }],
    ['a client that is empty', { client_id: '' }],
    ['a client of 129 characters', { client_id: 'c'.repeat(129) }],
    ['a client with U+0000', { client_id: 'shop\0' }],
    ['a client with half of a surrogate pair', { client_id: 'shop\ud83d' }],
    ['scopes in a list', { scope: ['platform'] }],
    ['scopes that are null', { scope: null }],
    ['no end', { exp: undefined }],
    ['an end in words', { exp: 'tomorrow' }],
    ['an end in digits', { exp: String(seconds + 60) }],
    ['an end after the year 9999', { exp: 253_402_300_800 }],
    ['an end beyond all dates', { exp: 1e300 }],
    ['a time of issue in the future', { iat: seconds + 6 }],
    ['a time of issue in words', { iat: 'now' }],
    ['a time from which it is good in the future', { nbf: seconds + 6 }],
    ['a time from which it is good in words', { nbf: 'now' }],
  ])('with %s are refused', async (_, more) => {
    const forge = (all: Record<string, unknown>) =>
      new CompactSign(Buffer.from(JSON.stringify(all)))
        .setProtectedHeader({ alg: 'HS256' })
        .sign(new TextEncoder().encode(SECRET))
    expect(await verify(await forge(claims))).toMatchObject({ subject: 'bea' })
    await expect(verify(await forge({ ...claims, ...more }))).rejects.toMatchObject(refused)
  })
})

test('a token of 8 KiB is taken, and of more refused', async () => {
  const tokenOf = (padding: number) => sign({ sub: 'bea', exp: 4_000_000_000, padding: 'x'.repeat(padding) })
  // Three bytes of claims are four characters.
  const lengths = await Promise.all(Array.from({ length: 40 }, (_, more) => tokenOf(6_020 + more)))
  const longest = lengths.findLast(({ length }) => length <= 8_192) ?? ''
  const tooLong = lengths.find(({ length }) => length > 8_192) ?? ''
  expect([longest.length, tooLong.length]).toEqual([8_192, 8_193])
  expect(await verify(longest)).toMatchObject({ subject: 'bea' })
  await expect(verify(tooLong)).rejects.toMatchObject(refused)
})

describe('the header', () => {
  test.each<[unknown, string | null]>([
    ['Bearer abc', 'abc'],
    ['bearer  abc ', 'abc'],
    ['Bearer', null],
    ['Bearer ', null],
    ['Bearer a b', null],
    ['Basic abc', null],
    ['abc', null],
    ['', null],
    [undefined, null],
    [['Bearer abc'], null],
  ])('%j carries %j', (header, token) => {
    expect(bearerToken(header)).toBe(token)
  })
})
