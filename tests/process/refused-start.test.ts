import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { createTestDatabase } from '../testkit/database.js'
import { temporaryDirectory } from '../testkit/directory.js'
import { processesOn } from '../testkit/postgres-files.js'
import { prepareProjectCopy } from '../testkit/project-copy.js'
import { query } from '../testkit/sql.js'

const project = prepareProjectCopy()

test('a busy port is one line that names it, and Postgres is stopped', async () => {
  const other = createServer().listen(0, '127.0.0.1')
  onTestFinished(() => void other.close())
  await once(other, 'listening')
  const { port } = other.address() as AddressInfo

  const service = project.start({ env: { PORT: String(port) } })

  expect(await service.ended).toEqual({ exitCode: 1, signal: null })
  expect(service.errors).toBe(
    `Port ${port} on 127.0.0.1 is in use by another process: stop it, or set PORT to another port.`,
  )
  expect(processesOn(service.dataDirectory)).toEqual([])
}, 60_000)

test('a second start on one data directory names the first, ends, and does it no harm', async () => {
  const first = project.start()
  const { dataDirectory } = first
  const url = await first.url()

  const second = project.start({ dataDirectory })

  expect(await second.ended).toEqual({ exitCode: 1, signal: null })
  expect(second.errors).toBe(
    `${dataDirectory} is in use by another process (pid ${first.processId}). Stop that one first, or set DATA_DIR to another directory.`,
  )
  expect((await fetch(new URL('/ready', url))).status).toBe(200)
}, 60_000)

test('with DATABASE_URL that database is used, and no Postgres is started', async () => {
  const database = await createTestDatabase({ isEmpty: true })
  onTestFinished(() => database.drop())

  const service = project.start({ dataDirectory: temporaryDirectory(), env: { DATABASE_URL: database.url } })
  await service.url()

  expect(service.output).not.toContain('Starting Postgres')
  expect(processesOn(service.dataDirectory)).toEqual([])
  expect(await query(database.url, 'SELECT key FROM "User" ORDER BY key')).toEqual(
    ['ana', 'ari', 'bea', 'sam'].map((key) => ({ key })),
  )
  service.signal('SIGTERM')
  expect(await service.ended).toEqual({ exitCode: 0, signal: null })
}, 60_000)

test('a database that is not there is said in plain words', async () => {
  const service = project.start({ env: { DATABASE_URL: 'postgresql://nobody:secret-word@127.0.0.1:1/nothing' } })

  expect(await service.ended).toEqual({ exitCode: 1, signal: null })
  expect(service.errors).toContain('127.0.0.1:1')
  expect(service.errors).not.toMatch(/^ +at /m)
  expect(service.output + service.errors).not.toContain('secret-word')
}, 60_000)

test('production without what it demands lists all of it at once', async () => {
  const service = project.start({ env: { NODE_ENV: 'production' } })

  expect(await service.ended).toEqual({ exitCode: 1, signal: null })
  const problems = service.errors.split('\n').filter((line) => line.startsWith('  - '))
  expect(problems.map((line) => line.replace(/^ {2}- (.*) is missing;.*$/, '$1')).toSorted()).toEqual([
    'CORS_ORIGIN',
    'DATABASE_URL',
    'JWT_SECRET or JWT_JWKS_URL',
    'REDIS_URL',
  ])
  expect(processesOn(service.dataDirectory)).toEqual([])
}, 60_000)

test('everything that is wrong with the configuration is said at once', async () => {
  const service = project.start({
    env: {
      PORT: '70000',
      LOG_LEVEL: 'loud',
      DATABASE_URL: 'mysql://here',
      JWT_SECRET: 'short',
      CORS_ORIGIN: 'https://app.example.com/',
      MAX_PAGE_SIZE: '-1',
    },
  })

  expect(await service.ended).toEqual({ exitCode: 1, signal: null })
  const problems = service.errors.split('\n').filter((line) => line.startsWith('  - '))
  expect(problems.map((line) => line.replace(/^ {2}- (\w+) .*$/, '$1')).toSorted()).toEqual([
    'CORS_ORIGIN',
    'DATABASE_URL',
    'JWT_SECRET',
    'LOG_LEVEL',
    'MAX_PAGE_SIZE',
    'PORT',
  ])
  expect(service.errors).not.toContain('short')
}, 60_000)
