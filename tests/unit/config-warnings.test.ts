import { describe, expect, test } from 'vitest'
import { loadConfig } from '../../src/config/config.js'
import { type ConfigWarning, configWarnings } from '../../src/config/warnings.js'

/** Nothing is to be said of this. */
const PRODUCTION = {
  NODE_ENV: 'production',
  DATABASE_URL: 'postgresql://chat:secret-word@db.example.com/chat?sslmode=verify-full',
  REDIS_URL: 'rediss://:secret-word@redis.example.com',
  JWT_SECRET: 'Xq7v2Lk9Zt4Wb8Rn1Yp6Md3Hs5Jc0Gf-',
  CORS_ORIGIN: 'https://app.example.com',
  TRUST_PROXY: '10.0.0.0/8',
  METRICS_TOKEN: 'a-token-of-the-operators',
}

function warningsOf(env: Record<string, string>): readonly ConfigWarning[] {
  return configWarnings(loadConfig({ ...PRODUCTION, ...env }))
}

test('of what is as it should be in production nothing is said, and of development on this machine neither', () => {
  expect(warningsOf({})).toEqual([])
  expect(configWarnings(loadConfig({}))).toEqual([])
  expect(configWarnings(loadConfig({ HOST: 'localhost' }))).toEqual([])
})

describe('in production', () => {
  test.each<[string, Record<string, string>, 'warn' | 'info', RegExp]>([
    ['pages without TLS', { CORS_ORIGIN: 'https://a.b,http://c.d' }, 'warn', /^CORS_ORIGIN .*http:\/\/c\.d\..*https/],
    ['a secret that repeats itself', { JWT_SECRET: 's'.repeat(32) }, 'warn', /^JWT_SECRET .*openssl/],
    ['introspection', { INTROSPECTION: 'on' }, 'warn', /^INTROSPECTION .*off/],
    ['no trusted proxy', { TRUST_PROXY: '' }, 'warn', /^TRUST_PROXY .*Set it/],
    ['keys for any audience', { JWT_SECRET: '', JWT_JWKS_URL: 'https://a.b/c' }, 'warn', /^JWT_AUDIENCE .*Set it/],
    ['no metrics', { METRICS_TOKEN: '' }, 'info', /^METRICS_TOKEN .*Set it/],
  ])('%s are told by the name of the variable, with what to set', (_, env, level, message) => {
    expect(warningsOf(env)).toEqual([{ level, message: expect.stringMatching(message) }])
  })

  test.each([
    'postgresql://db.example.com/chat',
    'postgresql://db.example.com/chat?sslmode=disable',
    'postgresql://db.example.com/chat?sslmode=allow',
    'postgresql://db.example.com/chat?sslmode=prefer',
    'postgresql://10.0.0.1/chat?ssl=false',
    'postgresql://localhost.example.com/chat',
    'postgresql:///chat?host=db.example.com',
  ])('a database elsewhere without TLS: %s', (url) => {
    expect(warningsOf({ DATABASE_URL: url })).toEqual([
      { level: 'warn', message: expect.stringMatching(/^DATABASE_URL .*without TLS.*sslmode=verify-full/) },
    ])
  })

  test.each([
    'postgresql://db.example.com/chat?sslmode=no-verify',
    'postgresql://db.example.com/chat?sslmode=require&uselibpqcompat=true',
  ])('a database whose certificate is not checked: %s', (url) => {
    expect(warningsOf({ DATABASE_URL: url })).toEqual([
      { level: 'warn', message: expect.stringMatching(/^DATABASE_URL .*certificate.*sslmode=verify-full/) },
    ])
  })

  test.each([
    'postgresql://db.example.com/chat?sslmode=require',
    'postgresql://db.example.com/chat?sslmode=verify-ca',
    'postgresql://db.example.com/chat?ssl=true',
    'postgresql://localhost/chat',
    'postgresql://127.0.0.1:5433/chat',
    'postgresql://[::1]/chat',
    'postgresql:///chat',
    'postgresql://%2Fvar%2Frun%2Fpostgresql/chat',
    'postgresql:///chat?host=/var/run/postgresql',
  ])('nothing of a database like %s', (url) => {
    expect(warningsOf({ DATABASE_URL: url })).toEqual([])
  })

  test.each(['redis://redis.example.com', 'redis+cluster://localhost:1,redis.example.com:2'])(
    'a Redis elsewhere without TLS: %s',
    (url) => {
      expect(warningsOf({ REDIS_URL: url })).toEqual([
        { level: 'warn', message: expect.stringMatching(/^REDIS_URL .*without TLS.*rediss/) },
      ])
    },
  )

  test.each(['redis://127.0.0.1', 'redis+sentinel://localhost:1,[::1]:2/master', 'rediss+cluster://a.b:1'])(
    'nothing of a Redis like %s',
    (url) => {
      expect(warningsOf({ REDIS_URL: url })).toEqual([])
    },
  )

  test('a page of this machine may be without TLS', () => {
    expect(warningsOf({ CORS_ORIGIN: 'http://localhost:3000,http://127.0.0.1' })).toEqual([])
  })

  test('all of it is said at once, and no password', () => {
    const warnings = warningsOf({
      DATABASE_URL: 'postgresql://chat:secret-word@db.example.com/chat',
      REDIS_URL: 'redis://:secret-word@redis.example.com',
      CORS_ORIGIN: 'http://a.b',
      INTROSPECTION: 'on',
      TRUST_PROXY: '',
      METRICS_TOKEN: '',
    })
    expect(warnings.map(({ message }) => message.split(' ')[0])).toEqual([
      'DATABASE_URL',
      'REDIS_URL',
      'CORS_ORIGIN',
      'INTROSPECTION',
      'TRUST_PROXY',
      'METRICS_TOKEN',
    ])
    expect(JSON.stringify(warnings)).not.toContain('secret-word')
  })
})

test.each(['0.0.0.0', '::', '10.0.0.1', 'chat.example.com'])(
  'without NODE_ENV=production, that HOST=%s lets other machines in',
  (host) => {
    expect(configWarnings(loadConfig({ HOST: host }))).toEqual([
      { level: 'warn', message: expect.stringMatching(/^NODE_ENV .*HOST .*Set NODE_ENV=production/) },
    ])
  },
)
