import { describe, expect, test } from 'vitest'
import { ConfigError, loadConfig } from '../../src/config/config.js'
import { limitVariables } from '../../src/config/limits.js'

const SECRET = '9c1f0f7e-8a55-4d0e-b8f8-2f6c9d3f8b21'
const PRODUCTION = {
  NODE_ENV: 'production',
  DATABASE_URL: 'postgresql://db/chat',
  REDIS_URL: 'rediss://redis',
  JWT_SECRET: SECRET,
  CORS_ORIGIN: 'https://app.example.com',
}

/** `MAX_BODY_BYTES` is the limit `maxBodyBytes`. */
function limitNamed(variable: string): string {
  const [first = '', ...words] = variable.toLowerCase().split('_')
  return [first, ...words.map((word) => `${word[0]?.toUpperCase()}${word.slice(1)}`)].join('')
}

function problemsOf(env: Record<string, string>): readonly string[] {
  try {
    loadConfig(env)
    return []
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
}

describe('with nothing set', () => {
  test('everything has its default', () => {
    expect(loadConfig({})).toEqual({
      isProduction: false,
      host: '127.0.0.1',
      port: 4000,
      dataDirectory: '.data',
      databaseUrl: null,
      databasePoolSize: 20,
      metricsToken: null,
      redis: null,
      tokens: { keys: { kind: 'generated' }, issuer: null, audience: null },
      allowedOrigins: 'localhost',
      trustedProxies: [],
      trustedDocumentsFile: null,
      allowsIntrospection: true,
      hasDemo: true,
      logLevel: 'info',
      logFormat: 'pretty',
      limits: {
        maxContentLength: 10_000,
        maxClientMessageIdLength: 128,
        maxPageSize: 100,
        maxBodyBytes: 262_144,
        maxHeaderBytes: 16_384,
        requestTimeoutMs: 10_000,
        maxQueryTokens: 1000,
        maxQueryDepth: 10,
        maxQueryAliases: 15,
        maxQueryDirectives: 20,
        maxQueryCost: 5000,
        maxAnswerBytes: 8_388_608,
        maxAnswerItems: 5_000,
        executionTimeoutMs: 4500,
        sendsPerSecond: 20,
        sendBurst: 60,
        operationsPerMinute: 600,
        partnerOperationsPerMinute: 1200,
        anonymousOperationsPerMinute: 60,
        failedAuthenticationsPerMinute: 20,
        maxSocketsPerUser: 10,
        maxSubscriptionsPerSocket: 100,
        maxFrameBytes: 65_536,
        maxFrameFragments: 64,
        framesPerSecond: 50,
        frameBurst: 200,
        connectionInitTimeoutMs: 3000,
        connectionAckTimeoutMs: 10_000,
        pingIntervalMs: 12_000,
        writeStallTimeoutMs: 10_000,
        maxOwedBytes: 1_048_576,
        databaseStatementTimeoutMs: 5000,
        databaseLockTimeoutMs: 500,
        databasePoolTimeoutMs: 2000,
        databaseIdleTimeoutMs: 10_000,
      },
    })
  })

  test('empty and blank count as nothing, and what is not ours is left alone', () => {
    expect(loadConfig({ PORT: '', DATABASE_URL: '  ', PATH: '/bin', HOST: undefined })).toEqual(loadConfig({}))
  })

  test('a test has no demo data and logs for programs', () => {
    expect(loadConfig({ NODE_ENV: 'test' })).toEqual({ ...loadConfig({}), hasDemo: false, logFormat: 'json' })
  })
})

describe('what is set', () => {
  test.each<[string, string, object, Record<string, string>?]>([
    ['HOST', '0.0.0.0', { host: '0.0.0.0' }],
    ['PORT', '0', { port: 0 }],
    ['PORT', ' 65535 ', { port: 65_535 }],
    ['DATA_DIR', '/var/data', { dataDirectory: '/var/data' }],
    ['DATABASE_URL', 'postgres://a:b@c/d?sslmode=require', { databaseUrl: 'postgres://a:b@c/d?sslmode=require' }],
    ['DATABASE_POOL_SIZE', '2', { databasePoolSize: 2 }],
    ['REDIS_URL', 'redis://host', { redis: { keyPrefix: 'escrow-chat:', connectTimeoutMs: 60_000 } }],
    ['REDIS_CONNECT_TIMEOUT_MS', '1234', { redis: { connectTimeoutMs: 1_234 } }, { REDIS_URL: 'redis://host' }],
    ['REDIS_URL', 'rediss://host', { redis: { address: { usesTls: true, hosts: [{ host: 'host', port: 6379 }] } } }],
    ['JWT_SECRET', SECRET, { tokens: { keys: { kind: 'secret', secret: SECRET } } }],
    ['JWT_JWKS_URL', 'https://a.b/c', { tokens: { keys: { kind: 'jwks', url: new URL('https://a.b/c') } } }],
    ['JWT_ISSUER', 'me', { tokens: { issuer: 'me' } }],
    ['JWT_AUDIENCE', 'you', { tokens: { audience: 'you' } }],
    ['CORS_ORIGIN', 'https://a.b, http://c:1', { allowedOrigins: ['https://a.b', 'http://c:1'] }],
    ['TRUST_PROXY', 'loopback, 10.0.0.0/8', { trustedProxies: ['loopback', '10.0.0.0/8'] }],
    ['INTROSPECTION', 'off', { allowsIntrospection: false }],
    ['LOG_LEVEL', 'trace', { logLevel: 'trace' }],
    ['LOG_FORMAT', 'json', { logFormat: 'json' }],
    ...Object.entries(limitVariables).map(([variable, { default: usual }]): [string, string, object] => [
      variable,
      String(Number(usual) + 1),
      { limits: { [limitNamed(variable)]: Number(usual) + 1 } },
    ]),
  ])('%s=%s holds', (name, value, expected, others = {}) => {
    expect(loadConfig({ [name]: value, ...others })).toMatchObject(expected)
  })

  test.each([
    ['NODE_ENV', 'staging'],
    ['PORT', '65536'],
    ['PORT', '-1'],
    ['PORT', '4e3'],
    ['PORT', '80.5'],
    ['DATABASE_URL', 'mysql://db'],
    ['DATABASE_URL', 'db'],
    ['DATABASE_POOL_SIZE', '1'],
    ['REDIS_URL', 'http://redis'],
    ['REDIS_URL', 'redis+sentinel://a,b'],
    ['REDIS_KEY_PREFIX', 'a b'],
    ['REDIS_KEY_PREFIX', '{tag}'],
    ['REDIS_CONNECT_TIMEOUT_MS', '0'],
    ['JWT_SECRET', 'secret'.repeat(6)],
    ['JWT_JWKS_URL', 'https://user:word@a.b/c'],
    ['JWT_JWKS_URL', 'ftp://keys'],
    ['CORS_ORIGIN', 'https://a.b/'],
    ['CORS_ORIGIN', 'https://a.b,'],
    ['CORS_ORIGIN', '*'],
    ['INTROSPECTION', 'yes'],
    ['LOG_LEVEL', 'loud'],
    ['LOG_FORMAT', 'xml'],
    ['MAX_BODY_BYTES', '1023'],
    ['MAX_PAGE_SIZE', '0'],
  ])('%s=%s is refused by name, in plain words', (name, value) => {
    const problems = problemsOf({ [name]: value })
    expect(problems).toEqual([expect.stringMatching(new RegExp(`^${name} must [^{}\\[\\]"]+\\.$`))])
  })

  test('a secret and published keys exclude each other', () => {
    expect(problemsOf({ JWT_SECRET: SECRET, JWT_JWKS_URL: 'https://a.b/c' })).toEqual([
      'JWT_SECRET and JWT_JWKS_URL are both set; set the one that your tokens are signed with.',
    ])
  })

  test('trusted documents need both: that they are asked for, and their file', () => {
    expect(problemsOf({ TRUSTED_DOCUMENTS: 'only' })).toEqual([
      'TRUSTED_DOCUMENTS is only, and TRUSTED_DOCUMENTS_FILE is missing: name the manifest.',
    ])
    expect(problemsOf({ TRUSTED_DOCUMENTS_FILE: 'a.json' })).toEqual([
      'TRUSTED_DOCUMENTS_FILE is set, and TRUSTED_DOCUMENTS is missing: set it to only, or to off.',
    ])
    expect(problemsOf({ TRUSTED_DOCUMENTS_FILE: 'a.json', TRUSTED_DOCUMENTS: 'off' })).toEqual([])
  })

  test('all that is wrong is said at once, a line each', () => {
    const env = { NODE_ENV: 'production', PORT: 'x', LOG_LEVEL: 'x', JWT_SECRET: 'short' }
    const problems = problemsOf(env)
    expect(problems.map((problem) => problem.split(' ')[0])).toEqual([
      'PORT',
      'JWT_SECRET',
      'LOG_LEVEL',
      'DATABASE_URL',
      'REDIS_URL',
      'CORS_ORIGIN',
    ])
    expect(new ConfigError(problems).message.split('\n')).toHaveLength(problems.length + 1)
  })

  test('a secret is not repeated in the complaint', () => {
    expect(problemsOf({ JWT_SECRET: 'too short a secret' }).join()).not.toContain('too short a secret')
  })
})

describe('production', () => {
  test('demands what it needs', () => {
    expect(problemsOf({ NODE_ENV: 'production' })).toEqual([
      'DATABASE_URL is missing; it must be set in production.',
      'REDIS_URL is missing; it must be set in production.',
      'CORS_ORIGIN is missing; it must be set in production.',
      'JWT_SECRET or JWT_JWKS_URL is missing; it must be set in production.',
    ])
  })

  test('shows nothing of the API, has no demo data, and listens to everyone', () => {
    expect(loadConfig(PRODUCTION)).toMatchObject({
      isProduction: true,
      host: '0.0.0.0',
      allowsIntrospection: false,
      hasDemo: false,
      logFormat: 'json',
      allowedOrigins: ['https://app.example.com'],
    })
  })

  test('shows the API when that is switched on', () => {
    expect(loadConfig({ ...PRODUCTION, INTROSPECTION: 'on' }).allowsIntrospection).toBe(true)
  })

  test('takes published keys for a secret', () => {
    const { JWT_SECRET: _, ...withoutSecret } = PRODUCTION
    expect(problemsOf({ ...withoutSecret, JWT_JWKS_URL: 'https://a.b/c' })).toEqual([])
  })

  test.each(['http://localhost:8080/keys', 'http://127.0.0.1/keys', 'http://[::1]:1/keys', 'https://a.b/keys'])(
    'asks for keys at %s',
    (url) => {
      const { JWT_SECRET: _, ...withoutSecret } = PRODUCTION
      expect(problemsOf({ ...withoutSecret, JWT_JWKS_URL: url })).toEqual([])
    },
  )

  test.each(['http://a.b/keys', 'http://localhost.a.b/keys', 'http://127.0.0.1.a.b/keys', 'HTTP://10.0.0.1/keys'])(
    'does not ask for keys at %s, where somebody on the way could answer',
    (url) => {
      const { JWT_SECRET: _, ...withoutSecret } = PRODUCTION
      expect(problemsOf({ ...withoutSecret, JWT_JWKS_URL: url })).toEqual([
        'JWT_JWKS_URL must begin with https:// in production, unless it is on this machine (localhost).',
      ])
      expect(problemsOf({ JWT_JWKS_URL: url })).toEqual([])
    },
  )
})
