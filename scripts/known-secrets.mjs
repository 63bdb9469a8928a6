// Writes src/config/known-secrets.ts: node scripts/known-secrets.mjs <file> …, where each file has a secret a line.
// So far it was one: jwt.secrets.list of https://github.com/wallarm/jwt-secrets (MIT), commit 99e2360.

import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'

const MIN_BYTES = 32
const HASH_BYTES = 6
const LINE_WIDTH = 116

/** Examples in the documentation of others that the lists leave out. */
const EXAMPLES = [
  'a-string-secret-at-least-256-bits-long', // jwt.io
  'a-valid-string-secret-that-is-at-least-512-bits-long-which-is-very-long',
  'your-super-secret-jwt-token-with-at-least-32-characters-long', // Supabase
  '3EK6FD+o0+c7tzBNVfjpMkNDi2yARAAKzQlk8O2IKoxQu4nF7EdAh8s3TwpHwrdWT6R', // Hasura
  'AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qs0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow', // RFC 7515
  'DO NOT USE THIS VALUE. INSTEAD, CREATE A COMPLEX SECRET AND KEEP IT SAFE OUTSIDE OF THE SOURCE CODE.', // NestJS
  '255d861b-5ea1-5996-9aa3-922530ec40b1', // Directus
  '6116487b-cda1-52c2-b5b5-c8022c45e263',
]

const listed = process.argv.slice(2).flatMap((file) => readFileSync(file, 'utf8').split('\n'))
const secrets = [...listed, ...EXAMPLES].map((secret) => secret.trim())
const hashes = secrets
  .filter((secret) => Buffer.byteLength(secret) >= MIN_BYTES)
  .map((secret) => createHash('sha256').update(secret).digest().subarray(0, HASH_BYTES).toString('hex'))
const sorted = [...new Set(hashes)].sort()
const lines = Buffer.from(sorted.join(''), 'hex')
  .toString('base64')
  .match(new RegExp(`.{1,${LINE_WIDTH}}`, 'g'))

writeFileSync(
  new URL('../src/config/known-secrets.ts', import.meta.url),
  `/** How many bytes of each hash are kept. */
export const HASH_BYTES = ${HASH_BYTES}

/**
 * The beginnings of the SHA-256 hashes of ${sorted.length} secrets of ${MIN_BYTES} bytes or more that tutorials, documentation and public
 * repositories tell everybody, one after the other, in Base64. scripts/known-secrets.mjs writes this file.
 */
export const KNOWN_SECRETS = \`
${lines.join('\n')}
\`
`,
)
console.log(`${sorted.length} secrets`)
