import { z } from 'zod'
import { parseRedisAddress } from './redis-address.js'

/** One variable of the environment: what it means, in which unit, and what holds when it is left out. */
interface Variable<Value> {
  readonly description: string
  /** What holds when it is left out, in words where it is not a plain value. */
  readonly default: string
  readonly schema: z.ZodType<Value>
}

function variable<Value>(description: string, schema: z.ZodType<Value>, defaultText: string): Variable<Value> {
  return { description, schema, default: defaultText }
}

const text = z.string().trim().min(1, 'must not be empty')

function urlOf(...protocols: string[]) {
  return text.refine(
    (value) => URL.canParse(value) && protocols.includes(new URL(value).protocol),
    `must be a URL that begins with ${protocols.map((protocol) => `${protocol}//`).join(' or ')}`,
  )
}

function wholeNumber(smallest: number, largest: number) {
  const range = `must be a whole number from ${smallest} to ${largest}`
  return text
    .regex(/^\d+$/, range)
    .transform(Number)
    .refine((value) => value >= smallest && value <= largest, range)
}

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
  .refine(
    (list) => list.every((origin) => URL.canParse(origin) && new URL(origin).origin === origin),
    'must be origins like https://app.example.com, separated by commas, without a path or a slash at the end',
  )

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
    'The secret of HS256 tokens; at least 32 bytes.',
    text.refine((value) => Buffer.byteLength(value) >= 32, 'must be at least 32 bytes long').optional(),
    'made once and kept in DATA_DIR',
  ),
  JWT_JWKS_URL: variable(
    'Where the public keys of RS256, ES256 and EdDSA tokens are published. Instead of JWT_SECRET.',
    urlOf('https:', 'http:').optional(),
    'none',
  ),
  JWT_ISSUER: variable('The `iss` that every token must carry.', text.optional(), 'not checked'),
  JWT_AUDIENCE: variable('The `aud` that every token must carry.', text.optional(), 'not checked'),
  CORS_ORIGIN: variable(
    'The origins of the web pages that may call the API, separated by commas. Other origins can neither read answers nor open sockets.',
    origins.optional(),
    'pages from localhost, on any port',
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
  MAX_BODY_BYTES: variable(
    'The largest body of an HTTP request, in bytes.',
    wholeNumber(1_024, 104_857_600).default(262_144),
    '262144',
  ),
  MAX_FRAME_BYTES: variable(
    'The largest WebSocket frame that a client may send, in bytes.',
    wholeNumber(1_024, 104_857_600).default(65_536),
    '65536',
  ),
  WRITE_STALL_TIMEOUT_MS: variable(
    'How long a WebSocket client may read nothing of what it is owed before its socket is closed, in milliseconds.',
    wholeNumber(100, 600_000).default(10_000),
    '10000',
  ),
  PING_INTERVAL_MS: variable(
    'How often a WebSocket client is pinged, and how long it may take to answer, in milliseconds.',
    wholeNumber(100, 600_000).default(12_000),
    '12000',
  ),
  MAX_CONTENT_LENGTH: variable(
    'The longest message, in characters (code points).',
    wholeNumber(1, 100_000).default(10_000),
    '10000',
  ),
  MAX_PAGE_SIZE: variable('The largest page of a connection.', wholeNumber(1, 1_000).default(100), '100'),
} satisfies Record<string, Variable<unknown>>
