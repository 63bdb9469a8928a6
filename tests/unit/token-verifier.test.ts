import { SignJWT } from 'jose'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { bearerToken } from '../../src/auth/authenticate.js'
import { createTokenIssuer } from '../../src/auth/token-issuer.js'
import { createTokenVerifier } from '../../src/auth/token-verifier.js'

const SECRET = 'a secret of the tests that is long enough'
const anybody = { issuer: null, audience: null }
const verify = createTokenVerifier({ secret: SECRET }, anybody)
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

  test('may say nothing but its end', async () => {
    expect(await verify(await issue({ lifetimeSeconds: 60 }))).toMatchObject({
      subject: null,
      clientId: null,
      scopes: [],
    })
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
    expect(await createTokenVerifier({ secret: SECRET }, expected)(token)).toMatchObject({ subject: 'bea' })
    expect(await verify(token)).toMatchObject({ subject: 'bea' })
    for (const other of [
      { ...expected, issuer: 'another' },
      { ...expected, audience: 'another' },
    ]) {
      await expect(createTokenVerifier({ secret: SECRET }, other)(token)).rejects.toMatchObject(refused)
    }
  })
})

describe('claims that are not of their type', () => {
  test.each<[string, Record<string, unknown>, object]>([
    ['a client id that is a number', { client_id: 7 }, { clientId: null }],
    ['scopes in a list', { scope: ['platform'] }, { scopes: [] }],
    ['scopes with blanks between', { scope: ' a  b ' }, { scopes: ['a', 'b'] }],
  ])('%s', async (_, claims, expected) => {
    expect(await verify(await sign({ exp: 4_000_000_000, ...claims }))).toMatchObject(expected)
  })

  test.each<[string, Record<string, unknown>]>([
    ['an end in words', { exp: 'tomorrow' }],
    ['no end', {}],
  ])('%s is refused', async (_, claims) => {
    await expect(sign(claims).then(verify)).rejects.toThrow()
  })
})

test('a token of more than 8 KiB is refused unread', async () => {
  const token = await sign({ exp: 4_000_000_000, padding: 'x'.repeat(7_000) })
  expect(token.length).toBeGreaterThan(8_192)
  await expect(verify(token)).rejects.toMatchObject(refused)
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
