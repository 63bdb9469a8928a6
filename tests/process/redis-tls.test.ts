import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest'
import { findOpenssl } from '../../scripts/programs.mjs'
import { findFreePort } from '../../src/platform/postmaster.js'
import { StartupError } from '../../src/startup-error.js'
import { createTestDatabase } from '../testkit/database.js'
import { createTemporaryDirectory } from '../testkit/directory.js'
import { startNode } from '../testkit/node-process.js'
import { openRedisNode, ownPrefix } from '../testkit/redis-nodes.js'
import { hasRedisServer, RedisServer } from '../testkit/redis-server.js'

const openssl = findOpenssl()

describe.skipIf(!hasRedisServer || openssl === null)('a Redis that speaks TLS', () => {
  let redis: RedisServer
  let certificate: string
  let tlsPort: number

  beforeAll(async () => {
    const directory = createTemporaryDirectory()
    const key = join(directory, 'key.pem')
    certificate = join(directory, 'certificate.pem')
    const made = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-noenc', '-days', '1']
    const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1']
    execFileSync(openssl ?? '', [...made, ...names, '-keyout', key, '-out', certificate], { stdio: 'ignore' })
    tlsPort = await findFreePort()
    redis = await RedisServer.start({
      directory: inject('runDirectory'),
      settings: [
        `tls-port ${tlsPort}`,
        `tls-cert-file ${certificate}`,
        `tls-key-file ${key}`,
        `tls-ca-cert-file ${certificate}`,
        'tls-auth-clients no',
      ],
    })
  })
  afterAll(() => redis.kill())

  test('is used when its certificate is trusted', async () => {
    const database = await createTestDatabase({ isEmpty: true })
    onTestFinished(() => database.drop())
    const url = await startNode({
      databaseUrl: database.url,
      secret: 's'.repeat(32),
      env: { REDIS_URL: `rediss://127.0.0.1:${tlsPort}`, NODE_EXTRA_CA_CERTS: certificate },
    })
    expect(await (await fetch(new URL('/ready', url))).json()).toEqual({ status: 'ready', database: 'up', bus: 'up' })
  }, 60_000)

  test('is refused when it is not, in words that help', async () => {
    const options = { url: `rediss://127.0.0.1:${tlsPort}`, keyPrefix: ownPrefix(), connectTimeoutMs: 1_000 }
    const refusal = openRedisNode(options)
    await expect(refusal).rejects.toThrow(StartupError)
    await expect(refusal).rejects.toThrow(/not trusted.*NODE_EXTRA_CA_CERTS/)
  })
})
