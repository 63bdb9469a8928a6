import { parse, validate } from 'graphql'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createSchema } from '../../src/graphql/schema.js'
import { EXAMPLE } from '../../src/transport/playground-example.js'
import { startTestService, type TestService } from '../testkit/service.js'

describe("the playground's page", () => {
  let service: TestService
  beforeAll(async () => {
    service = await startTestService()
  })
  afterAll(() => service?.close())

  const visit = (headers: Record<string, string> = {}, search = '') =>
    fetch(service.url + search, { headers: { accept: 'text/html', ...headers } })

  test('opens with operations that the API has', () => {
    expect(validate(createSchema(), parse(EXAMPLE))).toEqual([])
  })

  test('comes compressed to whoever takes that, and is the same to everyone else', async () => {
    const [compressed, plain] = await Promise.all([visit(), visit({ 'accept-encoding': 'identity' })])
    expect(compressed.headers.get('content-encoding')).toBe('gzip')
    expect(plain.headers.get('content-encoding')).toBeNull()
    expect((await compressed.text()) === (await plain.text())).toBe(true)
  })

  test('is not sent again to a browser that has it', async () => {
    const first = await visit()
    const etag = first.headers.get('etag') ?? ''
    const [again, older] = await Promise.all([visit({ 'if-none-match': etag }), visit({ 'if-none-match': '"older"' })])
    await Promise.all([first, older].map(({ body }) => body?.cancel()))
    expect([again.status, older.status]).toEqual([304, 200])
  })

  test('holds nothing of the request', async () => {
    const usual = await (await visit()).text()
    const marked = await (
      await visit(
        { 'x-marked': '<b>', referer: 'http://a.example/<b>', cookie: 'a=<b>' },
        '?"><script>alert(1)</script>#',
      )
    ).text()
    expect(marked === usual).toBe(true)
  })

  test('may run its own script and talk to its own service, and nothing else', async () => {
    const page = await visit()
    await page.body?.cancel()
    const policy = page.headers.get('content-security-policy')?.split('; ') ?? []
    expect(policy).toContain("default-src 'none'")
    expect(policy).toContain("connect-src 'self'")
    expect(policy.filter((rule) => /unsafe-(eval|hashes)|\*|https?:/.test(rule))).toEqual([])
    expect(policy.find((rule) => rule.startsWith('script-src'))).toMatch(/^script-src 'sha256-[\w+/=]+'$/)
  })

  test('has the headers of every answer besides', async () => {
    for (const headers of [{}, { 'if-none-match': (await visit({}, '?')).headers.get('etag') ?? '' }]) {
      const page = await visit(headers)
      await page.body?.cancel()
      expect(Object.fromEntries(page.headers)).toMatchObject({
        'cache-control': 'no-cache',
        'content-security-policy': expect.stringContaining("script-src 'sha256-"),
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
        'referrer-policy': 'no-referrer',
        'x-request-id': expect.stringMatching(/^[0-9a-f-]{36}$/),
        vary: expect.stringMatching(/origin/),
      })
    }
  })

  test('is not there where the API is not shown to everyone', async () => {
    const closed = await startTestService({ INTROSPECTION: 'off' })
    try {
      const page = await fetch(closed.url, { headers: { accept: 'text/html' } })
      expect([page.status, page.headers.get('content-type')]).toEqual([401, 'application/json; charset=utf-8'])
    } finally {
      await closed.close()
    }
  })
})
