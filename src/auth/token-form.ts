import { UnauthenticatedError } from '../errors.js'

const MAX_TOKEN_LENGTH = 8_192
/** Of tokens that are meant for APIs: JWTs of no declared type, and access tokens (RFC 9068). */
const TYPES = /^(application\/)?(at\+)?jwt$/i

/**
 * Checks all that can be seen of a token without its key: three parts, each in the one spelling that its bytes have, JSON
 * objects in which every name stands once, and a header that asks for nothing special. A name that stood twice would be
 * read one way by one program and the other way by another (RFC 7519, 4).
 *
 * @throws {UnauthenticatedError}
 */
export function checkForm(token: string): void {
  if (token.length > MAX_TOKEN_LENGTH) throw new UnauthenticatedError('malformed')
  const [header, claims, signature, ...more] = token.split('.').map(bytesOf)
  if (!header || !claims || !signature || more.length > 0) throw new UnauthenticatedError('malformed')
  const { typ, kid, crit } = readObject(header)
  readObject(claims)
  const isPlain =
    crit === undefined &&
    (kid === undefined || typeof kid === 'string') &&
    (typ === undefined || (typeof typ === 'string' && TYPES.test(typ)))
  if (!isPlain) throw new UnauthenticatedError('malformed')
}

function bytesOf(part: string): Buffer {
  const bytes = Buffer.from(part, 'base64url')
  // Node skips what isn't Base64, and leaves bits at the end unread.
  if (bytes.length === 0 || bytes.toString('base64url') !== part) throw new UnauthenticatedError('malformed')
  return bytes
}

function readObject(bytes: Buffer): Record<string, unknown> {
  const text = bytes.toString()
  const value = parseJson(text)
  if (!isObject(value) || namesIn(value) !== namesWrittenIn(text)) throw new UnauthenticatedError('malformed')
  return value
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new UnauthenticatedError('malformed')
  }
}

/** How many names the objects in a value have, at every level. */
function namesIn(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  const own = Array.isArray(value) ? 0 : Object.keys(value).length
  return Object.values(value).reduce((sum: number, inner) => sum + namesIn(inner), own)
}

/** How many stand in its JSON: a string is a name when a colon follows. */
function namesWrittenIn(json: string): number {
  return [...json.matchAll(/"(?:[^"\\]|\\.)*"(\s*:)?/g)].filter(([, colon]) => colon !== undefined).length
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
