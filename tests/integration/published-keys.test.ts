import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type CryptoKey, exportJWK, exportSPKI, generateKeyPair, type JWK, SignJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createTokenVerifier, type TokenVerifier } from '../../src/auth/token-verifier.js'

interface Keys {
  readonly publicKey: CryptoKey
  readonly privateKey: CryptoKey
}

const keys = new Map<string, Keys>()
let server: Server
let verify: TokenVerifier

beforeAll(async () => {
  const published: JWK[] = []
  for (const alg of ['RS256', 'ES256', 'EdDSA', 'PS256']) {
    const pair = await generateKeyPair(alg, { extractable: true })
    keys.set(alg, pair)
    published.push({ ...(await exportJWK(pair.publicKey)), kid: alg })
  }
  server = createServer((_, response) => response.end(JSON.stringify({ keys: published }))).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  verify = createTokenVerifier({
    keys: { jwksUrl: new URL(`http://127.0.0.1:${port}/keys.json`) },
    issuer: null,
    audience: null,
  })
})
afterAll(async () => {
  server.close()
  server.closeAllConnections()
  await once(server, 'close')
})

const keysOf = (alg: string): Keys => {
  const pair = keys.get(alg)
  if (!pair) throw new Error(`There are no keys for ${alg}`)
  return pair
}
const token = (alg: string, key: CryptoKey | Uint8Array, kid = alg) =>
  new SignJWT({ sub: 'bea' }).setProtectedHeader({ alg, kid }).setExpirationTime('1m').sign(key)

describe('with published keys', () => {
  test.each(['RS256', 'ES256', 'EdDSA'])('a token of %s is taken', async (alg) => {
    expect(await verify(await token(alg, keysOf(alg).privateKey))).toMatchObject({ subject: 'bea' })
  })

  test.each<[string, () => Promise<string>]>([
    ['an algorithm that is not listed', () => token('PS256', keysOf('PS256').privateKey)],
    ['a key that is not published', async () => token('ES256', (await generateKeyPair('ES256')).privateKey)],
    ['a key of that name that is not published', async () => token('ES256', keysOf('ES256').privateKey, 'elsewhere')],
    [
      'a public key for a secret',
      async () => token('HS256', new TextEncoder().encode(await exportSPKI(keysOf('RS256').publicKey)), 'RS256'),
    ],
  ])('%s is refused', async (_, forge) => {
    await expect(verify(await forge())).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
  })
})
