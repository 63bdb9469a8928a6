import { type CryptoKey, createLocalJWKSet, type JSONWebKeySet, type JWTHeaderParameters } from 'jose'
import { ServiceUnavailableError, UnauthenticatedError } from '../errors.js'

/** How long the answer may take: less than whoever shows a token is kept waiting. */
const ANSWER_WITHIN_MS = 3_000
const MAX_ANSWER_BYTES = 262_144
/** Between two askings on account of keys that aren't known. */
const PAUSE_MS = 30_000
/** The same while none is known: no token is good until they could be had. */
const FIRST_PAUSE_MS = 2_000
/** A key that isn't published any more is taken for as long as this at most, while they can be asked for. */
const RENEW_AFTER_MS = 10 * 60_000
/** And so long when they can't. */
const GOOD_FOR_MS = 24 * 60 * 60_000

export interface PublishedKeysOptions {
  readonly url: URL
  /** Hears each time that the keys could not be had, once for each asking. */
  readonly onFailure: (error: unknown) => void
  /** Milliseconds that only grow. */
  readonly now?: () => number
}

interface KnownKeys {
  readonly find: ReturnType<typeof createLocalJWKSet>
  readonly readAt: number
}

/**
 * The keys that an issuer publishes (RFC 7517). They are kept; a token that names an unknown one has them asked for again, at most
 * once in 30 s however many such tokens come, and whatever comes of it. While they can't be had, those that are known go on
 * being good for a day.
 */
export class PublishedKeys {
  readonly #url: URL
  readonly #onFailure: (error: unknown) => void
  readonly #now: () => number
  #known: KnownKeys | null = null
  #asking: Promise<void> | null = null
  /** When they were asked for, and what came in the way, if anything did. */
  #asked: { readonly at: number; readonly failure: unknown } = { at: Number.NEGATIVE_INFINITY, failure: null }
  /** When they were last asked for on account of a key that wasn't known. */
  #missedAt = Number.NEGATIVE_INFINITY

  constructor({ url, onFailure, now = () => performance.now() }: PublishedKeysOptions) {
    this.#url = url
    this.#onFailure = onFailure
    this.#now = now
  }

  /**
   * The key that the header of a token names.
   *
   * @throws {UnauthenticatedError} when it isn't published.
   * @throws {ServiceUnavailableError} when it isn't known, and they can't be asked for.
   */
  readonly find = async (header: JWTHeaderParameters): Promise<CryptoKey> => {
    await this.#renew()
    const key = (await this.#lookUp(header)) ?? (await this.#askFor(header))
    if (key) return key
    throw this.#asked.failure === null
      ? new UnauthenticatedError('signature')
      : new ServiceUnavailableError({ cause: this.#asked.failure })
  }

  /** One that can't be read is as good as none. Of several that fit, a token has to name one. */
  async #lookUp(header: JWTHeaderParameters): Promise<CryptoKey | null> {
    return (await this.#known?.find(header).catch(() => null)) ?? null
  }

  async #renew(): Promise<void> {
    const ageMs = this.#now() - (this.#known?.readAt ?? this.#now())
    if (ageMs >= GOOD_FOR_MS) this.#known = null
    if (this.#known === null || ageMs < RENEW_AFTER_MS) return
    const mayAsk = this.#asking !== null || this.#now() - this.#asked.at >= PAUSE_MS
    const asked = mayAsk ? this.#ask() : undefined
    // Who failed the last time is not waited for again.
    if (this.#asked.failure === null) await asked
  }

  async #askFor(header: JWTHeaderParameters): Promise<CryptoKey | null> {
    if (this.#asking) {
      await this.#asking
      const key = await this.#lookUp(header)
      // What has just failed isn't tried again: who waits has waited long enough.
      if (key || this.#asked.failure !== null) return key
    }
    const isFirst = this.#known === null
    if (this.#now() - this.#missedAt < (isFirst ? FIRST_PAUSE_MS : PAUSE_MS)) return null
    this.#missedAt = this.#now()
    await this.#ask()
    const key = await this.#lookUp(header)
    // It wasn't missed: nothing was known. The next key that is new doesn't have to wait.
    if (isFirst && key) this.#missedAt = Number.NEGATIVE_INFINITY
    return key
  }

  /** Never rejects. There is one asking at a time. */
  #ask(): Promise<void> {
    this.#asking ??= this.#read().finally(() => {
      this.#asking = null
    })
    return this.#asking
  }

  async #read(): Promise<void> {
    const at = this.#now()
    try {
      const find = createLocalJWKSet((await fetchJson(this.#url)) as JSONWebKeySet)
      this.#known = { find, readAt: this.#now() }
      this.#asked = { at, failure: null }
    } catch (error) {
      this.#asked = { at, failure: error }
      this.#onFailure(error)
    }
  }
}

async function fetchJson(url: URL): Promise<unknown> {
  const response = await fetch(url, {
    headers: { accept: 'application/jwk-set+json, application/json' },
    redirect: 'error',
    signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
  })
  const chunks: Uint8Array[] = []
  let size = 0
  // Leaving early hangs up.
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    size += chunk.length
    if (!response.ok || size > MAX_ANSWER_BYTES) break
    chunks.push(chunk)
  }
  if (!response.ok) throw new Error(`The answer was ${response.status}`)
  if (size > MAX_ANSWER_BYTES) throw new Error(`The answer had more than ${MAX_ANSWER_BYTES} bytes`)
  return JSON.parse(Buffer.concat(chunks).toString())
}
