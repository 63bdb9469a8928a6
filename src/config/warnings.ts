import type { Config } from './config.js'
import { isLoopback } from './loopback.js'
import { isGuessable } from './secret.js'

/** What a start says of a configuration that can be used, and may not be what was meant. */
export interface ConfigWarning {
  /** `info`: nothing is open, but something is off that production usually has. */
  readonly level: 'warn' | 'info'
  /** Names the variable, what follows from it, and what to set. */
  readonly message: string
}

/** All that is to be said, in the order of docs/operations.md. */
export function configWarnings(config: Config): readonly ConfigWarning[] {
  return [...secretWarnings(config), ...(config.isProduction ? productionWarnings(config) : openDoorWarnings(config))]
}

function secretWarnings({ tokens: { keys } }: Config): ConfigWarning[] {
  if (keys.kind !== 'secret' || !isGuessable(keys.secret)) return []
  return [
    warn(
      'JWT_SECRET can be guessed: it repeats itself or counts up, and whoever guesses it can sign tokens for anybody. Make one with: openssl rand -base64 48.',
    ),
  ]
}

function openDoorWarnings({ host }: Config): ConfigWarning[] {
  if (isLoopback(host)) return []
  return [
    warn(
      'NODE_ENV is not production, and HOST lets other machines in: whoever reaches the service can read its schema and its metrics. Set NODE_ENV=production.',
    ),
  ]
}

function productionWarnings(config: Config): ConfigWarning[] {
  const { databaseUrl, redis, tokens, allowedOrigins, allowsIntrospection, metricsToken, trustedProxies } = config
  const insecure = allowedOrigins === 'localhost' ? [] : allowedOrigins.filter(isInsecure)
  const database = databaseUrl === null ? null : databaseProblem(new URL(databaseUrl))
  const isRedisOpen =
    redis !== null && !redis.address.usesTls && !redis.address.hosts.every(({ host }) => isLoopback(host))
  return [
    database && warn(`DATABASE_URL ${database}. Set sslmode=verify-full in it.`),
    isRedisOpen && warn('REDIS_URL leads to another machine without TLS. Set it to begin with rediss.'),
    insecure.length > 0 &&
      warn(
        `CORS_ORIGIN has origins without TLS: ${insecure.join(', ')}. Anybody on the network path can alter their pages and steal the tokens of their visitors. Set https origins.`,
      ),
    allowsIntrospection &&
      warn(
        'INTROSPECTION is on: everyone can read what the API looks like, and the limits that protect it. Leave it out, or set it to off.',
      ),
    trustedProxies.length === 0 &&
      warn(
        'TRUST_PROXY is not set: all who come through a proxy count as one address, and so do their refused tokens. Set it to the addresses of your proxies.',
      ),
    tokens.keys.kind === 'jwks' &&
      tokens.audience === null &&
      warn(
        'JWT_AUDIENCE is not set: every token of the issuer is good here, those that it makes for other services too. Set it to what the tokens for this one say.',
      ),
    metricsToken === null && info('METRICS_TOKEN is not set: /metrics is off. Set it to switch it on.'),
  ].filter((warning) => typeof warning === 'object' && warning !== null)
}

function warn(message: string): ConfigWarning {
  return { level: 'warn', message }
}

function info(message: string): ConfigWarning {
  return { level: 'info', message }
}

/** What is wrong with the way to the database; null: nothing. */
function databaseProblem({ hostname, searchParams }: URL): string | null {
  const host = decodeURIComponent(searchParams.get('host') ?? hostname)
  // A socket in the file system, or what `pg` takes when none is named: this machine.
  if (host === '' || host.startsWith('/') || isLoopback(host)) return null
  const mode = searchParams.get('sslmode')
  const hasTls = ['require', 'verify-ca', 'verify-full', 'no-verify'].includes(mode ?? '')
  if (!hasTls && !['true', '1'].includes(searchParams.get('ssl') ?? '')) return 'leads to another machine without TLS'
  // As libpq has it, `require` looks at no certificate; by itself `pg` takes it for verify-full.
  const isUnchecked = mode === 'no-verify' || (mode === 'require' && searchParams.get('uselibpqcompat') === 'true')
  return isUnchecked ? 'leads to another machine whose certificate is not checked' : null
}

function isInsecure(origin: string): boolean {
  const { protocol, hostname } = new URL(origin)
  return protocol !== 'https:' && !isLoopback(hostname)
}
