import { createHash } from 'node:crypto'
import { HASH_BYTES, KNOWN_SECRETS } from './config-known-secrets.js'

/** As many as the hash of HS256 has: with less, the secret is easier to guess than the signature (RFC 7518, 3.2). */
const MIN_BYTES = 32
/** 32 random bytes have twice as many, however they are written. */
const MIN_CHARACTERS = 8
/** What begins anew after so many characters is no longer than that. */
const MAX_PERIOD = 16

const HOW = 'make one with: openssl rand -base64 48'

/** What people write where a secret is to be put in. */
const PLACEHOLDER_WORDS = new Set(
  `a access admin an and any api app application at auth authentication authorization backend be before bit bits by byte
  bytes change changed changeme char character characters chars chat code complex create default demo deploy deployment
  dev development do dont dummy env environment escrow example fake for foo from generate generated here hmac hs in insecure
  is it json jwt keep key keys least local long longer max me min minimum more must my name need not of only or our own
  pass passphrase password phrase placeholder please prod production project random really refresh replace root safe sample
  secret secretkey secrets secure server service sha should sign signature signing some something source string strong super
  temp test testing tests than that the this to token tokens top ultra unsafe use used user using valid value variable very
  web which will with word you your abc abcdef abcdefghijklmnopqrstuvwxyz asdf asdfghjkl qwerty qwertyuiop xyz zxcvbnm`.split(
    /\s+/,
  ),
)

/** Why a secret is no good for signing tokens, as the end of a sentence that begins with its name; null when it is good. */
export function weaknessOf(secret: string): string | null {
  if (Buffer.byteLength(secret) < MIN_BYTES) return `must be at least ${MIN_BYTES} bytes long; ${HOW}`
  if (isKnown(secret)) return `must not be one that documentation or public code tells everybody; ${HOW}`
  if (isGuessable(secret)) return `must be random, and not repeated, counted up or put together out of words; ${HOW}`
  return null
}

function isKnown(secret: string): boolean {
  const known = Buffer.from(KNOWN_SECRETS, 'base64')
  const hash = createHash('sha256').update(secret).digest().subarray(0, HASH_BYTES)
  for (let at = known.indexOf(hash); at >= 0; at = known.indexOf(hash, at + 1)) if (at % HASH_BYTES === 0) return true
  return false
}

function isGuessable(secret: string): boolean {
  return (
    new Set(secret).size < MIN_CHARACTERS ||
    periodOf(secret) <= MAX_PERIOD ||
    isCounting(secret) ||
    isPlaceholder(secret)
  )
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

/** Whether most of it is letters, and they such words and nothing else, whatever stands between. */
function isPlaceholder(secret: string): boolean {
  const letters = secret.toLowerCase().replace(/[^a-z]/g, '')
  if (letters.length < secret.length / 2) return false
  const longest = Math.max(...[...PLACEHOLDER_WORDS].map(({ length }) => length))
  const ends = new Set([0])
  for (let end = 1; end <= letters.length; end += 1) {
    for (let start = Math.max(0, end - longest); start < end; start += 1) {
      if (ends.has(start) && PLACEHOLDER_WORDS.has(letters.slice(start, end))) ends.add(end)
    }
  }
  return ends.has(letters.length)
}
