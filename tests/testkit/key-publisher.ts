import { once } from 'node:events'
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose'
import { onTestFinished } from 'vitest'

export interface KeyPair {
  readonly kid: string
  readonly publicKey: CryptoKey
  readonly privateKey: CryptoKey
}

/** An issuer that publishes keys, or does what issuers shouldn't. It goes with the test. */
export class KeyPublisher {
  /** How often it was asked. */
  fetches = 0
  /** How it answers; left out: with its keys. */
  misbehave: ((response: ServerResponse) => void) | null = null
  readonly url: URL
  readonly #published = new Map<string, JWK>()

  private constructor(server: Server) {
    this.url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`)
    server.on('request', (_, response: ServerResponse) => {
      this.fetches += 1
      if (this.misbehave) this.misbehave(response)
      else response.end(JSON.stringify({ keys: [...this.#published.values()] }))
    })
  }

  static async start(): Promise<KeyPublisher> {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    onTestFinished(async () => {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    })
    return new KeyPublisher(server)
  }

  /** Publishes a new key. */
  async publish(kid: string): Promise<KeyPair> {
    const pair = await createKeyPair(kid)
    this.#published.set(kid, { ...(await exportJWK(pair.publicKey)), kid })
    return pair
  }

  withdraw({ kid }: KeyPair): void {
    this.#published.delete(kid)
  }
}

export async function createKeyPair(kid: string): Promise<KeyPair> {
  return { kid, ...(await generateKeyPair('ES256', { extractable: true })) }
}

export function signWith({ kid, privateKey }: KeyPair, subject = 'bea'): Promise<string> {
  return new SignJWT({ sub: subject })
    .setProtectedHeader({ alg: 'ES256', kid })
    .setExpirationTime('1h')
    .sign(privateKey)
}
