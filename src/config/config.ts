import { z } from 'zod'
import { StartupError } from '../startup-error.js'
import { type Limits, limitsOf } from './limits.js'
import { isLoopback } from './loopback.js'
import type { RedisAddress } from './redis-address.js'
import { variables } from './variables.js'

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
  readonly redis: RedisConfig | null
  readonly tokens: { readonly keys: TokenKeys; readonly issuer: string | null; readonly audience: string | null }
  readonly allowedOrigins: AllowedOrigins
  /** The proxies that are believed when they say whom they ask for, as `proxy-addr` takes them. */
  readonly trustedProxies: readonly string[]
  /** The manifest of the operations that are taken, and no others; null: any operation is. */
  readonly trustedDocumentsFile: string | null
  /** Whether everyone may see what the API looks like: introspection, hints in validation errors, the playground. */
  readonly allowsIntrospection: boolean
  /** Whether an empty database gets demo people and deals. */
  readonly hasDemo: boolean
  /** What `/metrics` asks for; null: nothing in development, and in production it isn't there. */
  readonly metricsToken: string | null
  readonly logLevel: Environment['LOG_LEVEL']
  readonly logFormat: 'json' | 'pretty'
  readonly limits: Limits
}

/** How the nodes are connected. */
export interface RedisConfig {
  readonly address: RedisAddress
  /** What all keys and channels begin with. */
  readonly keyPrefix: string
  /** How long a start tries. */
  readonly connectTimeoutMs: number
}

/** Thrown by `loadConfig`; its message has a line for each problem. */
export class ConfigError extends StartupError {
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
  if (given['NODE_ENV'] === 'production' && isOpenToTheNetwork(given['JWT_JWKS_URL'])) {
    problems.push('JWT_JWKS_URL must begin with https:// in production, unless it is on this machine (localhost).')
  }
  if (given['JWT_SECRET'] && given['JWT_JWKS_URL']) {
    problems.push('JWT_SECRET and JWT_JWKS_URL are both set; set the one that your tokens are signed with.')
  }
  if (given['TRUSTED_DOCUMENTS'] === 'only' && !given['TRUSTED_DOCUMENTS_FILE']) {
    problems.push('TRUSTED_DOCUMENTS is only, and TRUSTED_DOCUMENTS_FILE is missing: name the manifest.')
  }
  if (given['TRUSTED_DOCUMENTS_FILE'] && !given['TRUSTED_DOCUMENTS']) {
    problems.push('TRUSTED_DOCUMENTS_FILE is set, and TRUSTED_DOCUMENTS is missing: set it to only, or to off.')
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

/** Whether whoever is on the way could put keys of their own in the place of those that are asked for there. */
function isOpenToTheNetwork(url: string | undefined): boolean {
  if (url === undefined || !URL.canParse(url)) return false
  const { protocol, hostname } = new URL(url)
  return protocol === 'http:' && !isLoopback(hostname)
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
    redis: redisConfig(env),
    tokens: { keys: tokenKeys(env), issuer: env.JWT_ISSUER ?? null, audience: env.JWT_AUDIENCE ?? null },
    allowedOrigins: env.CORS_ORIGIN ?? 'localhost',
    trustedProxies: env.TRUST_PROXY ?? [],
    trustedDocumentsFile: env.TRUSTED_DOCUMENTS === 'only' ? (env.TRUSTED_DOCUMENTS_FILE ?? null) : null,
    allowsIntrospection: env.INTROSPECTION === undefined ? !isProduction : env.INTROSPECTION === 'on',
    hasDemo: env.NODE_ENV === 'development',
    metricsToken: env.METRICS_TOKEN ?? null,
    logLevel: env.LOG_LEVEL,
    logFormat: env.LOG_FORMAT ?? (env.NODE_ENV === 'development' ? 'pretty' : 'json'),
    limits: limitsOf(env),
  }
}

function redisConfig(env: Environment): RedisConfig | null {
  if (!env.REDIS_URL) return null
  return {
    address: env.REDIS_URL,
    keyPrefix: env.REDIS_KEY_PREFIX,
    connectTimeoutMs: env.REDIS_CONNECT_TIMEOUT_MS,
  }
}

function tokenKeys(env: Environment): TokenKeys {
  if (env.JWT_JWKS_URL) return { kind: 'jwks', url: new URL(env.JWT_JWKS_URL) }
  return env.JWT_SECRET ? { kind: 'secret', secret: env.JWT_SECRET } : { kind: 'generated' }
}
