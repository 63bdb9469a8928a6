import { z } from 'zod'

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
    'The Redis that connects the nodes, as redis://host:6379 or rediss://host:6379 for TLS.',
    urlOf('redis:', 'rediss:').optional(),
    'none: one node by itself',
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
  MAX_CONTENT_LENGTH: variable(
    'The longest message, in characters (code points).',
    wholeNumber(1, 100_000).default(10_000),
    '10000',
  ),
  MAX_PAGE_SIZE: variable('The largest page of a connection.', wholeNumber(1, 1_000).default(100), '100'),
} satisfies Record<string, Variable<unknown>>

type Environment = { [Name in keyof typeof variables]: z.output<(typeof variables)[Name]['schema']> }

/** How tokens are checked: by a shared secret, by published keys, or by a secret that the service makes for itself. */
export type TokenKeys =
  | { readonly kind: 'secret'; readonly secret: string }
  | { readonly kind: 'jwks'; readonly url: URL }
  | { readonly kind: 'generated' }

/** Which pages may call: an exact list, or those served from this very machine. */
export type AllowedOrigins = readonly string[] | 'localhost'

/** All that can be set, parsed and checked. Built once by `loadConfig`, and handed down. */
export interface Config {
  readonly isProduction: boolean
  readonly host: string
  /** 0 lets the system choose. */
  readonly port: number
  readonly dataDirectory: string
  /** Null means: the embedded Postgres. */
  readonly databaseUrl: string | null
  readonly databasePoolSize: number
  /** Null means: this node is alone. */
  readonly redisUrl: string | null
  readonly tokens: { readonly keys: TokenKeys; readonly issuer: string | null; readonly audience: string | null }
  readonly allowedOrigins: AllowedOrigins
  /** Whether everyone may see what the API looks like: introspection, hints in validation errors, the playground. */
  readonly allowsIntrospection: boolean
  /** Whether an empty database gets demo people and deals. */
  readonly hasDemo: boolean
  readonly logLevel: Environment['LOG_LEVEL']
  readonly logFormat: 'json' | 'pretty'
  readonly limits: Limits
}

/** What is refused as too much. */
export interface Limits {
  readonly maxBodyBytes: number
  readonly maxFrameBytes: number
  /** In code points. */
  readonly maxContentLength: number
  readonly maxPageSize: number
}

/** Thrown by `loadConfig`; its message has a line for each problem. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly problems: readonly string[]
  constructor(problems: readonly string[]) {
    super(`The environment can't be used:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`)
    this.problems = problems
  }
}

/**
 * Reads the configuration from an environment. Unknown variables are left alone; an empty one counts as left out.
 *
 * @throws {ConfigError} that names every problem at once.
 */
export function loadConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const given = Object.fromEntries(Object.keys(variables).map((name) => [name, env[name]?.trim() || undefined]))
  const shape = Object.fromEntries(Object.entries(variables).map(([name, { schema }]) => [name, schema]))
  const parsed = z.object(shape).safeParse(given)
  const problems = parsed.error?.issues.map((issue) => `${issue.path.join('.')} ${issue.message}.`) ?? []
  problems.push(...missingInProduction(given))
  if (given['JWT_SECRET'] && given['JWT_JWKS_URL']) {
    problems.push('JWT_SECRET and JWT_JWKS_URL are both set; set the one that your tokens are signed with.')
  }
  if (!parsed.success || problems.length > 0) throw new ConfigError(problems)
  return toConfig(parsed.data as Environment)
}

function missingInProduction(given: Readonly<Record<string, string | undefined>>): string[] {
  if (given['NODE_ENV'] !== 'production') return []
  const missing = ['DATABASE_URL', 'REDIS_URL', 'CORS_ORIGIN'].filter((name) => !given[name])
  if (!given['JWT_SECRET'] && !given['JWT_JWKS_URL']) missing.push('JWT_SECRET or JWT_JWKS_URL')
  return missing.map((name) => `${name} is missing; it must be set in production.`)
}

function toConfig(env: Environment): Config {
  const isProduction = env.NODE_ENV === 'production'
  return {
    isProduction,
    host: env.HOST ?? (isProduction ? '0.0.0.0' : '127.0.0.1'),
    port: env.PORT,
    dataDirectory: env.DATA_DIR,
    databaseUrl: env.DATABASE_URL ?? null,
    databasePoolSize: env.DATABASE_POOL_SIZE,
    redisUrl: env.REDIS_URL ?? null,
    tokens: { keys: tokenKeys(env), issuer: env.JWT_ISSUER ?? null, audience: env.JWT_AUDIENCE ?? null },
    allowedOrigins: env.CORS_ORIGIN ?? 'localhost',
    allowsIntrospection: env.INTROSPECTION === undefined ? !isProduction : env.INTROSPECTION === 'on',
    hasDemo: env.NODE_ENV === 'development',
    logLevel: env.LOG_LEVEL,
    logFormat: env.LOG_FORMAT ?? (env.NODE_ENV === 'development' ? 'pretty' : 'json'),
    limits: {
      maxBodyBytes: env.MAX_BODY_BYTES,
      maxFrameBytes: env.MAX_FRAME_BYTES,
      maxContentLength: env.MAX_CONTENT_LENGTH,
      maxPageSize: env.MAX_PAGE_SIZE,
    },
  }
}

function tokenKeys(env: Environment): TokenKeys {
  if (env.JWT_JWKS_URL) return { kind: 'jwks', url: new URL(env.JWT_JWKS_URL) }
  return env.JWT_SECRET ? { kind: 'secret', secret: env.JWT_SECRET } : { kind: 'generated' }
}
