import { createHash } from 'node:crypto'
import { HASH_BYTES, KNOWN_SECRETS } from './known-secrets.js'

/** As many as the hash of HS256 has: with less, the secret is easier to guess than the signature (RFC 7518, 3.2). */
const MIN_BYTES = 32
/** 32 random bytes have twice as many, however they are written. */
const MIN_CHARACTERS = 8
/** A secret that repeats itself is as strong as the part that it repeats; one of so many characters can be guessed. */
const MAX_PERIOD = 16

const HOW = 'make one with: openssl rand -base64 48'

/** What people write where a secret is to be put in, as often as it takes to make it long enough. */
const PLACEHOLDERS = /^(your|my|super|top|very|jwt|256-bit|secret|key|change|it|me|this|password|passphrase|[-_ .!])+$/i

/** Why a secret can't be used for signing tokens, as the end of a sentence that begins with its name; null when it can. */
export function faultOf(secret: string): string | null {
  if (Buffer.byteLength(secret) < MIN_BYTES) return `must be at least ${MIN_BYTES} bytes long; ${HOW}`
  if (isKnown(secret) || PLACEHOLDERS.test(secret)) {
    return `must not be one that documentation or public code tells everybody; ${HOW}`
  }
  return null
}

function isKnown(secret: string): boolean {
  const known = Buffer.from(KNOWN_SECRETS, 'base64')
  const hash = createHash('sha256').update(secret).digest().subarray(0, HASH_BYTES)
  for (let at = known.indexOf(hash); at >= 0; at = known.indexOf(hash, at + 1)) if (at % HASH_BYTES === 0) return true
  return false
}

/** Whether a secret can be guessed though it is long enough: few different characters, a part that repeats, or counting. */
export function isGuessable(secret: string): boolean {
  return new Set(secret).size < MIN_CHARACTERS || periodOf(secret) <= MAX_PERIOD || isCounting(secret)
}

/** After how many characters it begins anew; its length when it never does. */
function periodOf(secret: string): number {
  let period = 1
  while (!secret.startsWith(secret.slice(period))) period += 1
  return period
}

/** Whether most of it goes up or down by one: abcdef…, 0123456789…, 987654… */
function isCounting(secret: string): boolean {
  const steps = [...secret].map((_, index) => secret.charCodeAt(index + 1) - secret.charCodeAt(index))
  return [1, -1].some((direction) => steps.filter((step) => step === direction).length > secret.length / 2)
}
