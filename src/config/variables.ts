import { compile } from 'proxy-addr'
import { z } from 'zod'
import { limitVariables } from './limits.js'
import { parseRedisAddress } from './redis-address.js'
import { faultOf } from './secret.js'
import { text, urlOf, type Variable, variable, wholeNumber } from './variable.js'

const redisAddress = text.transform((value, context) => {
  try {
    return parseRedisAddress(value)
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    context.addIssue({ code: 'custom', message: error.message })
    return z.NEVER
  }
})

const origins = text
  .transform((value) => value.split(',').map((origin) => origin.trim()))
  .refine((list) => !list.includes('*'), {
    message: 'must name each origin: * would let every page on the web use the tokens that it gets hold of',
    abort: true,
  })
  .refine(
    (list) => list.every((origin) => URL.canParse(origin) && new URL(origin).origin === origin),
    'must be origins like https://app.example.com, separated by commas, without a path or a slash at the end',
  )

const proxies = text
  .transform((value) => value.split(',').map((proxy) => proxy.trim()))
  .refine(
    areProxies,
    'must be addresses, networks like 10.0.0.0/8, loopback, linklocal or uniquelocal, separated by commas',
  )

function areProxies(list: readonly string[]): boolean {
  try {
    compile([...list])
    return true
  } catch {
    return false
  }
}

const secret = text.superRefine((value, context) => {
  const message = faultOf(value)
  if (message !== null) context.addIssue({ code: 'custom', message })
})

/** `fetch` takes no URL with a user or a password. */
function hasNoPassword(url: string): boolean {
  const { username, password } = new URL(url)
  return username === '' && password === ''
}

/** Every variable that the service reads, in the order in which `.env.example` lists them. */
export const variables = {
  NODE_ENV: variable(
    '`production` demands DATABASE_URL, REDIS_URL, JWT_SECRET or JWT_JWKS_URL, and CORS_ORIGIN, and turns the playground, introspection and demo data off. `test` has no demo data.',
    z.enum(['development', 'test', 'production'], 'must be development, test or production').default('development'),
    'development',
  ),
  HOST: variable('The address to listen on.', text.optional(), '127.0.0.1; in production 0.0.0.0'),
  PORT: variable('The TCP port to listen on; 0 lets the system choose.', wholeNumber(0, 65_535).default(4000), '4000'),
  DATA_DIR: variable(
    'Where the embedded Postgres and the development secret live. Not used when DATABASE_URL and a way to check tokens are set.',
    text.default('.data'),
    '.data',
  ),
  DATABASE_URL: variable(
    'The Postgres database (15 or newer), as postgresql://user:password@host:5432/name?sslmode=verify-full.',
    urlOf('postgresql:', 'postgres:').optional(),
    'an embedded Postgres in DATA_DIR',
  ),
  DATABASE_POOL_SIZE: variable(
    'How many connections to Postgres a node keeps at most.',
    wholeNumber(2, 1000).default(20),
    '20',
  ),
  REDIS_URL: variable(
    'The Redis (7 or newer) that connects the nodes: redis://user:password@host:6379, redis+sentinel://host:26379,host:26379/master-name or redis+cluster://host:6379,host:6379; the same with rediss for TLS.',
    redisAddress.optional(),
    'none: one node by itself',
  ),
  REDIS_KEY_PREFIX: variable(
    'What all keys and channels in Redis begin with. Services that share a Redis need one each; nodes of one service have the same.',
    text
      .regex(/^[\w.:@/-]{1,64}$/, 'must be 1 to 64 letters, digits or characters of . _ : @ / -')
      .default('escrow-chat:'),
    'escrow-chat:',
  ),
  REDIS_CONNECT_TIMEOUT_MS: variable(
    'How long a start tries to reach Redis before it gives up, in milliseconds.',
    wholeNumber(100, 600_000).default(60_000),
    '60000',
  ),
  JWT_SECRET: variable(
    'The secret of HS256 tokens: at least 32 random bytes, as `openssl rand -base64 48` makes them. Known ones and placeholders are refused; a start warns of one that can be guessed.',
    secret.optional(),
    'made once and kept in DATA_DIR',
  ),
  JWT_JWKS_URL: variable(
    'Where the public keys of RS256, ES256 and EdDSA tokens are published. Instead of JWT_SECRET. In production https, unless it is this machine.',
    urlOf('https:', 'http:').refine(hasNoPassword, 'must not have a user or a password in it').optional(),
    'none',
  ),
  JWT_ISSUER: variable('The `iss` that every token must carry.', text.optional(), 'not checked'),
  JWT_AUDIENCE: variable('The `aud` that every token must carry.', text.optional(), 'not checked'),
  CORS_ORIGIN: variable(
    'The origins of the web pages that may call the API, separated by commas. Other origins can neither read answers nor open sockets.',
    origins.optional(),
    'pages from localhost, on any port',
  ),
  TRUST_PROXY: variable(
    'Which proxies are believed when they say in X-Forwarded-For whom they ask for: addresses and networks, separated by commas, like 10.0.0.0/8, or the names loopback, linklocal and uniquelocal. Without it every caller behind a proxy counts as one.',
    proxies.optional(),
    'none: the address that connects is the caller',
  ),
  TRUSTED_DOCUMENTS: variable(
    '`only` takes only the operations that stand in TRUSTED_DOCUMENTS_FILE, named by their ids or sent as they are; everything else is refused.',
    z.enum(['off', 'only'], 'must be off or only').default('off'),
    'off',
  ),
  TRUSTED_DOCUMENTS_FILE: variable(
    'The manifest of the trusted documents: a JSON object of the sha256 of each document to its text, as the client preset of GraphQL Code Generator writes it.',
    text.optional(),
    'none; needed with TRUSTED_DOCUMENTS=only',
  ),
  INTROSPECTION: variable(
    '`on` shows what the API looks like to everyone: introspection, hints in validation errors, and the playground at /graphql.',
    z.enum(['on', 'off'], 'must be on or off').optional(),
    'on; in production off',
  ),
  METRICS_TOKEN: variable(
    'What Prometheus must send to read /metrics, as `Authorization: Bearer …`; at least 16 characters, no spaces.',
    text.regex(/^\S{16,}$/, 'must have at least 16 characters and no spaces').optional(),
    'none: everybody may read /metrics; in production nobody',
  ),
  LOG_LEVEL: variable(
    'What gets logged: silent, fatal, error, warn, info, debug or trace.',
    z
      .enum(
        ['silent', 'fatal', 'error', 'warn', 'info', 'debug', 'trace'],
        'must be silent, fatal, error, warn, info, debug or trace',
      )
      .default('info'),
    'info',
  ),
  LOG_FORMAT: variable(
    '`json` for programs, `pretty` for people.',
    z.enum(['json', 'pretty'], 'must be json or pretty').optional(),
    'pretty in development, else json',
  ),
  ...limitVariables,
} satisfies Record<string, Variable<unknown>>
