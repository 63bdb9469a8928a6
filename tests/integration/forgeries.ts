import { createHmac, createPublicKey, type KeyObject, sign as signBytes } from 'node:crypto'

/** What a token is signed with: the bytes of a secret, or a private key. */
export type SigningKey = string | Buffer | KeyObject

/** What a forger has: good tokens to change, strangers' keys, and for claims alone the issuer's own hand. */
export interface Mint {
  /** The algorithm and the name of the key of good tokens. */
  readonly header: { readonly alg: string; readonly kid?: string }
  /** Signs as the issuer does. */
  readonly key: SigningKey
  /** A key of the same kind that is nobody's. */
  readonly strangersKey: SigningKey
  /** Where a stranger's keys are published. */
  readonly strangersUrl: string
  readonly issuer: string
  readonly audience: string
}

type Claims = Readonly<Record<string, unknown>>
export type Forge = (mint: Mint) => string

const encode = (text: string | Buffer) => Buffer.from(text).toString('base64url')
export const inSeconds = (fromNow: number) => Math.floor(Date.now() / 1000) + fromNow

export function goodClaims({ issuer, audience }: Mint): Claims {
  return { sub: 'bea', iss: issuer, aud: audience, iat: inSeconds(0), exp: inSeconds(600) }
}

/** Signs whatever stands in header and payload. */
export function signRaw(alg: string, key: SigningKey, header: string | Buffer, payload: string | Buffer): string {
  const input = `${encode(header)}.${encode(payload)}`
  return `${input}.${signatureOf(alg, key, input)}`
}

function signatureOf(alg: string, key: SigningKey, input: string): string {
  const bytes = Buffer.from(input)
  const hash = `sha${alg.slice(2)}`
  if (typeof key === 'string' || Buffer.isBuffer(key)) return createHmac(hash, key).update(bytes).digest('base64url')
  if (alg === 'EdDSA') return signBytes(null, bytes, key).toString('base64url')
  const padding = alg.startsWith('PS') ? { padding: 6, saltLength: Number(alg.slice(2)) / 8 } : {}
  return signBytes(hash, bytes, { key, dsaEncoding: 'ieee-p1363', ...padding }).toString('base64url')
}

export const signJson = (alg: string, key: SigningKey, header: object, claims: object) =>
  signRaw(alg, key, JSON.stringify(header), JSON.stringify(claims))

export const goodToken: Forge = (mint) => signJson(mint.header.alg, mint.key, mint.header, goodClaims(mint))

/** By the issuer's own hand, but with other claims. */
const claiming =
  (claims: Claims): Forge =>
  (mint) =>
    signJson(mint.header.alg, mint.key, mint.header, { ...goodClaims(mint), ...claims })

/** By the issuer's own hand, but with something else in the header. */
const heading =
  (more: Claims): Forge =>
  (mint) =>
    signJson(mint.header.alg, mint.key, { ...mint.header, ...more }, goodClaims(mint))

/** By a stranger's hand, with something else in the header. */
const strange =
  (more: (mint: Mint) => Claims): Forge =>
  (mint) =>
    signJson(mint.header.alg, mint.strangersKey, { ...mint.header, ...more(mint) }, goodClaims(mint))

/** With a secret that is easy to guess. */
const guessing =
  (secret: string, kid?: string): Forge =>
  (mint) =>
    signJson('HS256', secret, { alg: 'HS256', ...(kid !== undefined && { kid }) }, goodClaims(mint))

/** Without a signature. */
const unsigned =
  (alg: unknown): Forge =>
  (mint) =>
    `${encode(JSON.stringify({ ...mint.header, alg }))}.${encode(JSON.stringify(goodClaims(mint)))}.`

/** With another header or payload as it is written, by the issuer's own hand. */
const writtenBy =
  (header: (json: string) => string | Buffer, payload: (json: string) => string | Buffer): Forge =>
  (mint) =>
    signRaw(mint.header.alg, mint.key, header(JSON.stringify(mint.header)), payload(JSON.stringify(goodClaims(mint))))
const same = (json: string) => json
const before = (more: string) => (json: string) => json.replace('{', `{${more},`)

/** A good token with one of its three parts in another way. */
const changing =
  (change: (parts: [header: string, payload: string, signature: string]) => readonly string[]): Forge =>
  (mint) => {
    const [header = '', payload = '', signature = ''] = goodToken(mint).split('.')
    return change([header, payload, signature]).join('.')
  }

/** The same bytes in another spelling: the last character has bits that stand for nothing. */
function respelled(part: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  return part.slice(0, -1) + alphabet[alphabet.indexOf(part.at(-1) ?? '') + 1]
}

const strangersJwk = ({ strangersKey }: Mint): object =>
  typeof strangersKey === 'object' && !Buffer.isBuffer(strangersKey)
    ? createPublicKey(strangersKey).export({ format: 'jwk' })
    : { kty: 'oct', k: encode(strangersKey) }

/** Forged tokens by name, each as good as it can be but for what its name says. */
export const FORGERIES: Readonly<Record<string, Forge>> = {
  nothing: () => '',
  garbage: () => 'garbage',
  'garbage in three parts': () => 'a.b.c',
  'three parts with nothing in them': () => '..',
  'a token without its signature': changing(([header, payload]) => [header, payload]),
  'a token with an empty signature': changing(([header, payload]) => [header, payload, '']),
  'a token with a fourth part': changing((parts) => [...parts, 'e30']),
  'a token in five parts, as an encrypted one has': changing((parts) => [...parts, 'e30', 'e30']),
  'a token in JSON': (mint) => {
    const [header, payload, signature] = goodToken(mint).split('.')
    return JSON.stringify({ protected: header, payload, signature })
  },
  'a token that lost its last character': (mint) => goodToken(mint).slice(0, -1),
  'a token that lost its last ten characters': (mint) => goodToken(mint).slice(0, -10),
  'the first half of a token': (mint) => goodToken(mint).slice(0, goodToken(mint).length / 2),
  'a signature in another spelling of the same bytes': changing(([header, payload, signature]) => [
    header,
    payload,
    respelled(signature),
  ]),
  'a signature that is filled up': changing(([header, payload, signature]) => [header, payload, `${signature}==`]),
  'a signature with something behind it': changing(([header, payload, signature]) => [
    header,
    payload,
    `${signature}*`,
  ]),
  'a token of more than 8 KiB': claiming({ padding: 'x'.repeat(8_192) }),
  'a header that is no JSON': writtenBy(() => 'alg: HS256', same),
  'a header that is a list': writtenBy((json) => `[${json}]`, same),
  'a header that is null': writtenBy(() => 'null', same),
  'claims that are no JSON': writtenBy(same, () => 'sub=bea'),
  'claims in a list': writtenBy(same, (json) => `[${json}]`),
  'claims in a string': writtenBy(same, (json) => JSON.stringify(json)),
  'no claims': writtenBy(same, () => '{}'),
  'claims that are not UTF-8': writtenBy(same, (json) => Buffer.from(json.replace('{', '{"\xff":1,'), 'latin1')),
  'two subjects': writtenBy(same, before('"sub":"ari"')),
  'the same subject twice': writtenBy(same, before('"sub":"bea"')),
  'two subjects, one of them in other letters': writtenBy(same, before('"\\u0073ub":"ari"')),
  'two ends': writtenBy(same, before('"exp":1')),
  'two audiences': writtenBy(same, before('"aud":"another"')),
  'a name that stands twice within a claim': writtenBy(same, before('"act":{"sub":"a","sub":"b"}')),
  'two algorithms': writtenBy(before('"alg":"none"'), same),
  'no algorithm': unsigned('none'),
  'no Algorithm': unsigned('None'),
  'NO ALGORITHM': unsigned('NONE'),
  'nO aLgOrItHm': unsigned('nOnE'),
  'no algorithm, and a signature': heading({ alg: 'none' }),
  'an algorithm that is left out': heading({ alg: undefined }),
  'an algorithm that is empty': heading({ alg: '' }),
  'an algorithm that is null': heading({ alg: null }),
  'algorithms in a list': (mint) => heading({ alg: [mint.header.alg] })(mint),
  'an algorithm in small letters': (mint) => heading({ alg: mint.header.alg.toLowerCase() })(mint),
  'an algorithm that nobody knows': heading({ alg: 'XY256' }),
  'a secret that is empty': guessing(''),
  'a secret that everybody knows': guessing('secret'),
  'a secret that is an example': guessing('your-256-bit-secret'),
  'an empty secret, named as a file': guessing('', '/dev/null'),
  'a secret that its name brings along': guessing('1', "x' UNION SELECT '1"),
  'the key of a stranger': strange(() => ({})),
  'the key of a stranger under another name': strange(() => ({ kid: 'elsewhere' })),
  'the key of a stranger under a path': strange(() => ({ kid: '../../etc/hostname' })),
  'a key that comes along': strange((mint) => ({ jwk: strangersJwk(mint) })),
  'a key that comes along, under no other name': strange((mint) => ({ kid: undefined, jwk: strangersJwk(mint) })),
  'a key that is published elsewhere': strange(({ strangersUrl }) => ({ kid: 'stranger', jku: strangersUrl })),
  'a certificate that is published elsewhere': strange(({ strangersUrl }) => ({ kid: 'stranger', x5u: strangersUrl })),
  'a certificate that comes along': strange(() => ({ x5c: ['MIIB'] })),
  'the name of a key that is a number': heading({ kid: 7 }),
  'the name of a key that is null': heading({ kid: null }),
  'an extension that must be understood': heading({ crit: ['exp'], exp: 4_000_000_000 }),
  'an extension that must be understood, and is': heading({ crit: ['b64'], b64: true }),
  'no extensions that must be understood': heading({ crit: [] }),
  'a payload that is not encoded': heading({ crit: ['b64'], b64: false }),
  'a token that is for something else': heading({ typ: 'logout+jwt' }),
  'a token whose type is a number': heading({ typ: 7 }),
  'other claims under an old signature': changing(([header, payload, signature]) => [
    header,
    encode(JSON.stringify({ ...(JSON.parse(Buffer.from(payload, 'base64url').toString()) as object), sub: 'ari' })),
    signature,
  ]),
  'another header under an old signature': changing(([header, payload, signature]) => [
    encode(Buffer.from(header, 'base64url').toString().replace('}', ',"x":1}')),
    payload,
    signature,
  ]),
  'the signature of another token': (mint) => {
    const [header, payload] = goodToken(mint).split('.')
    return [header, payload, claiming({ jti: 'another' })(mint).split('.')[2]].join('.')
  },
  'a signature of nothing but zeros': changing(([header, payload, signature]) => [
    header,
    payload,
    encode(Buffer.alloc(Buffer.from(signature, 'base64url').length)),
  ]),
  'an end a minute ago': claiming({ iat: undefined, exp: inSeconds(-60) }),
  'an end just beyond the tolerance': claiming({ iat: undefined, exp: inSeconds(-6) }),
  'an end in 1970': claiming({ exp: 0 }),
  'an end before 1970': claiming({ exp: -1 }),
  'no end': claiming({ exp: undefined }),
  'an end that is null': claiming({ exp: null }),
  'an end in digits': claiming({ exp: String(inSeconds(600)) }),
  'an end in words': claiming({ exp: 'never' }),
  'an end that is true': claiming({ exp: true }),
  'an end in a list': claiming({ exp: [inSeconds(600)] }),
  'an end in milliseconds': claiming({ exp: inSeconds(600) * 1000 }),
  'an end beyond all dates': claiming({ exp: 1e300 }),
  'an end beyond all numbers': writtenBy(same, (json) => json.replace(/"exp":\d+/, '"exp":1e400')),
  'a time that has not come': claiming({ nbf: inSeconds(60) }),
  'a time that has not come, in digits': claiming({ nbf: String(inSeconds(60)) }),
  'a time of issue in the future': claiming({ iat: inSeconds(60) }),
  'a time of issue in words': claiming({ iat: 'now' }),
  'another issuer': claiming({ iss: 'https://evil.example.com' }),
  'an issuer with more behind it': (mint) => claiming({ iss: `${mint.issuer}/` })(mint),
  'an issuer in capitals': (mint) => claiming({ iss: mint.issuer.toUpperCase() })(mint),
  'issuers in a list': (mint) => claiming({ iss: [mint.issuer] })(mint),
  'no issuer': claiming({ iss: undefined }),
  'another audience': claiming({ aud: 'another' }),
  'other audiences': claiming({ aud: ['another', 'one more'] }),
  'an audience with more behind it': (mint) => claiming({ aud: `${mint.audience}-admin` })(mint),
  'an audience in an object': (mint) => claiming({ aud: { 0: mint.audience, length: 1 } })(mint),
  'no audience': claiming({ aud: undefined }),
  'no audiences': claiming({ aud: [] }),
  nobody: claiming({ sub: undefined }),
  'somebody unknown': claiming({ sub: 'nobody' }),
  'somebody suspended': claiming({ sub: 'suspended' }),
  'somebody in capitals': claiming({ sub: 'BEA' }),
  'somebody with a blank behind': claiming({ sub: 'bea ' }),
  'the global id of somebody': claiming({ sub: 'usr_bea' }),
  'a subject that is empty': claiming({ sub: '' }),
  'a subject that is null': claiming({ sub: null }),
  'a subject that is a number': claiming({ sub: 7 }),
  'subjects in a list': claiming({ sub: ['bea'] }),
  'a subject in an object': claiming({ sub: { equals: 'bea' } }),
  'a subject with U+0000': claiming({ sub: 'bea\0' }),
  'a subject with half of a surrogate pair': claiming({ sub: 'bea\ud83d' }),
  'a subject of 300 characters': claiming({ sub: 'b'.repeat(300) }),
  'a client without a scope': claiming({ sub: undefined, client_id: 'shop' }),
  'a scope without a client': claiming({ sub: undefined, scope: 'history:read' }),
  'the platform, and nobody': claiming({ sub: undefined, scope: 'platform' }),
  'the platform in capitals': claiming({ sub: undefined, client_id: 'shop', scope: 'PLATFORM' }),
  'the platform in a list': claiming({ sub: undefined, client_id: 'shop', scope: ['platform'] }),
  'the platform under another name': claiming({ sub: undefined, client_id: 'shop', scp: ['platform'] }),
  'the platform with commas': claiming({ sub: undefined, client_id: 'shop', scope: 'a,platform' }),
  'a client that is a number': claiming({ client_id: 7, scope: 'platform' }),
  'a client with U+0000': claiming({ sub: undefined, client_id: 'shop\0', scope: 'history:read' }),
  'a client of 129 characters': claiming({ sub: undefined, client_id: 'c'.repeat(129), scope: 'history:read' }),
}

/** What can only be tried where tokens are signed with a secret. */
export const FORGERIES_OF_SECRETS: Readonly<Record<string, Forge>> = {
  'the secret, but HS384': (mint) => signJson('HS384', mint.key, { alg: 'HS384' }, goodClaims(mint)),
  'the secret, but HS512': (mint) => signJson('HS512', mint.key, { alg: 'HS512' }, goodClaims(mint)),
  'the secret, said to be RS256': heading({ alg: 'RS256' }),
  'the beginning of the secret': (mint) =>
    signJson('HS256', String(mint.key).slice(0, 16), mint.header, goodClaims(mint)),
}
