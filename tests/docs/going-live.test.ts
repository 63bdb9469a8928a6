import { expect, test } from 'vitest'
import { ConfigError, loadConfig } from '../../src/config/config.js'
import { configWarnings } from '../../src/config/warnings.js'
import { readDocument } from './markdown.js'

const GOOD = {
  NODE_ENV: 'production',
  DATABASE_URL: 'postgresql://db.example.com/chat',
  REDIS_URL: 'redis://redis.example.com',
  JWT_SECRET: 's'.repeat(32),
  CORS_ORIGIN: 'http://app.example.com',
  INTROSPECTION: 'on',
}
/** Between them they bring out all that a start has to say. */
const ENVIRONMENTS: readonly Record<string, string>[] = [
  GOOD,
  { NODE_ENV: 'production' },
  { HOST: '0.0.0.0' },
  { ...GOOD, JWT_SECRET: 'short', CORS_ORIGIN: '*', TRUSTED_DOCUMENTS: 'only' },
  { ...GOOD, JWT_SECRET: 'changeme'.repeat(4), TRUSTED_DOCUMENTS_FILE: 'documents.json' },
  { ...GOOD, JWT_SECRET: '', JWT_JWKS_URL: 'http://issuer.example.com/keys' },
  { ...GOOD, JWT_SECRET: '', JWT_JWKS_URL: 'https://issuer.example.com/keys' },
]

function messagesOf(env: Record<string, string>): readonly string[] {
  try {
    return configWarnings(loadConfig(env)).map(({ message }) => message)
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
}

const [, checklist = ''] = readDocument('docs/security.md').text.split('## Going live')
const rows = checklist.split('\n').filter((line) => line.startsWith('| ') && !line.startsWith('| what '))
const quoted = [...checklist.matchAll(/`([A-Z][A-Z_]+ (?:is|must|has|can|leads|are) [^`]*)`/g)].map(
  ([, message = '']) => message,
)

test('each line of the checklist has a message of the start or a command', () => {
  const bare = rows.filter(
    (row) => !/`(?:[A-Z][A-Z_]+ (?:is|must|has|can|leads) |curl |psql |openssl |git |grep |kill |pg_dump )/.test(row),
  )
  expect(rows.length).toBeGreaterThan(15)
  expect(bare).toEqual([])
})

test('a start says every message that the checklist quotes', () => {
  const said = ENVIRONMENTS.flatMap(messagesOf)
  expect(quoted.length).toBeGreaterThan(10)
  expect(quoted.filter((message) => !said.some((line) => line.startsWith(message)))).toEqual([])
})
