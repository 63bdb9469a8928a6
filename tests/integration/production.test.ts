import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { createLogger } from '../../src/log.js'
import { startTestService, type TestService } from '../testkit/service.js'

describe.skipIf(inject('redisUrl') === '')('a service in production', () => {
  const logged: string[] = []
  let testService: TestService

  beforeAll(async () => {
    const log = createLogger({ logLevel: 'info', logFormat: 'json' }, { write: (line) => void logged.push(line) })
    const env = {
      NODE_ENV: 'production',
      HOST: '127.0.0.1',
      CORS_ORIGIN: 'https://app.example.com',
      REDIS_URL: inject('redisUrl'),
      REDIS_KEY_PREFIX: `${randomUUID()}:`,
      MAX_BODY_BYTES: '2048',
    }
    testService = await startTestService(env, log)
  })
  afterAll(() => testService.close())

  test('says at its start what may not be meant', () => {
    const lines = logged.map((line) => JSON.parse(line))
    expect(lines.filter(({ msg }) => /^[A-Z_]+ (is|leads|has) /.test(msg))).toMatchObject([
      { level: 40, msg: expect.stringMatching(/^TRUST_PROXY /) },
      { level: 30, msg: expect.stringMatching(/^METRICS_TOKEN /) },
    ])
  })

  test.each(['/graphql', '/health', '/nowhere'])('tells browsers at %s to come by TLS alone', async (path) => {
    const { headers } = await fetch(new URL(path, testService.url))
    expect(headers.get('strict-transport-security')).toBe('max-age=31536000')
  })

  test('does not tell the limits that protect it', async () => {
    await testService.seed.person('bea')
    const response = await fetch(testService.url, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${await testService.seed.token({ subject: 'bea' })}`,
        'content-type': 'application/json',
      },
      body: ' '.repeat(2_049),
    })
    expect([response.status, await response.json()]).toEqual([
      413,
      { errors: [{ message: 'The request is too large: send less.', extensions: { code: 'PAYLOAD_TOO_LARGE' } }] },
    ])
  })

  test('has no metrics without METRICS_TOKEN', async () => {
    expect((await fetch(new URL('/metrics', testService.url))).status).toBe(404)
  })
})
