import { type CryptoKey, createLocalJWKSet, type JSONWebKeySet, type JWTHeaderParameters } from 'jose'
import { ServiceUnavailableError, UnauthenticatedError } from '../errors.js'

/** How long the issuer may take to answer: less than whoever shows a token is kept waiting. */
const FETCH_TIMEOUT_MS = 3_000
const MAX_ANSWER_BYTES = 262_144
/** The least time between two fetches on account of a `kid` that isn't known. */
const COOLDOWN_MS = 30_000
/** The same while no keys could be had yet, and so no token is good. */
const FIRST_COOLDOWN_MS = 2_000
/** Keys older than this are fetched anew: for so long at most a key is taken that isn't published any more. */
const MAX_AGE_MS = 10 * 60_000
/** For how long known keys are taken while the issuer can't be reached. */
const STALE_IF_ERROR_MS = 24 * 60 * 60_000

export interface PublishedKeysOptions {
  readonly url: URL
  /** Hears of each fetch that failed. */
  readonly onFailure: (error: unknown) => void
  /** Milliseconds that only grow. */
  readonly now?: () => number
}

interface KnownKeys {
  readonly find: ReturnType<typeof createLocalJWKSet>
  readonly fetchedAt: number
}

/**
 * The keys that an issuer publishes (RFC 7517), fetched once and kept. A token that names a `kid` that isn't known has them
 * fetched again, at most once in 30 s however many such tokens come, and whatever comes of it; once in 2 s while none could
 * be had at all. While the issuer can't be reached, those that are known go on being good for a day.
 */
export class PublishedKeys {
  readonly #url: URL
  readonly #onFailure: (error: unknown) => void
  readonly #now: () => number
  #known: KnownKeys | null = null
  #fetching: Promise<void> | null = null
  /** When the last fetch began, and why it failed; null when it didn't. */
  #lastFetch: { readonly at: number; readonly failure: unknown } = { at: Number.NEGATIVE_INFINITY, failure: null }
  /** When the last fetch on account of an unknown `kid` began. */
  #lastMissAt = Number.NEGATIVE_INFINITY

  constructor({ url, onFailure, now = () => performance.now() }: PublishedKeysOptions) {
    this.#url = url
    this.#onFailure = onFailure
    this.#now = now
  }

  /**
   * The key that the header of a token names.
   *
   * @throws {UnauthenticatedError} when it isn't published.
   * @throws {ServiceUnavailableError} when it isn't known, and the issuer can't be reached.
   */
  readonly find = async (header: JWTHeaderParameters): Promise<CryptoKey> => {
    await this.#renew()
    const key = (await this.#lookUp(header)) ?? (await this.#fetchForMiss(header))
    if (key) return key
    throw this.#lastFetch.failure === null
      ? new UnauthenticatedError('signature')
      : new ServiceUnavailableError({ cause: this.#lastFetch.failure })
  }

  /** One that can't be read is as good as none. Of several that fit, a token has to name one. */
  async #lookUp(header: JWTHeaderParameters): Promise<CryptoKey | null> {
    return (await this.#known?.find(header).catch(() => null)) ?? null
  }

  async #renew(): Promise<void> {
    const ageMs = this.#now() - (this.#known?.fetchedAt ?? this.#now())
    if (ageMs >= STALE_IF_ERROR_MS) this.#known = null
    if (this.#known === null || ageMs < MAX_AGE_MS) return
    const mayFetch = this.#fetching !== null || this.#now() - this.#lastFetch.at >= COOLDOWN_MS
    const fetched = mayFetch ? this.#fetch() : undefined
    // An issuer that failed the last time is not waited for again.
    if (this.#lastFetch.failure === null) await fetched
  }

  async #fetchForMiss(header: JWTHeaderParameters): Promise<CryptoKey | null> {
    if (this.#fetching) {
      await this.#fetching
      const key = await this.#lookUp(header)
      // What has just failed isn't tried again: who waits has waited long enough.
      if (key || this.#lastFetch.failure !== null) return key
    }
    const isFirst = this.#known === null
    if (this.#now() - this.#lastMissAt < (isFirst ? FIRST_COOLDOWN_MS : COOLDOWN_MS)) return null
    this.#lastMissAt = this.#now()
    await this.#fetch()
    const key = await this.#lookUp(header)
    // It wasn't missed: nothing was known. The next key that is new doesn't have to wait.
    if (isFirst && key) this.#lastMissAt = Number.NEGATIVE_INFINITY
    return key
  }

  /** Never rejects. There is one fetch at a time. */
  #fetch(): Promise<void> {
    this.#fetching ??= this.#read().finally(() => {
      this.#fetching = null
    })
    return this.#fetching
  }

  async #read(): Promise<void> {
    const at = this.#now()
    try {
      const find = createLocalJWKSet((await fetchJson(this.#url)) as JSONWebKeySet)
      this.#known = { find, fetchedAt: this.#now() }
      this.#lastFetch = { at, failure: null }
    } catch (error) {
      this.#lastFetch = { at, failure: error }
      this.#onFailure(error)
    }
  }
}

async function fetchJson(url: URL): Promise<unknown> {
  const response = await fetch(url, {
    headers: { accept: 'application/jwk-set+json, application/json' },
    redirect: 'error',
    signal: AbortSignal.timeout(FETCH_TIMEOUT_MS),
  })
  const chunks: Uint8Array[] = []
  let size = 0
  // Leaving early hangs up.
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    size += chunk.length
    if (!response.ok || size > MAX_ANSWER_BYTES) break
    chunks.push(chunk)
  }
  if (!response.ok) throw new Error(`${url.origin}${url.pathname} answered with status ${response.status}`)
  if (size > MAX_ANSWER_BYTES)
    throw new Error(`${url.origin}${url.pathname} answered with more than ${MAX_ANSWER_BYTES} bytes`)
  return JSON.parse(Buffer.concat(chunks).toString())
}
