import { request as httpRequest, type OutgoingHttpHeaders } from 'node:http'
import { json } from 'node:stream/consumers'
import { type Audit, type AuditResult, serverAudits } from 'graphql-http'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestService, type TestService } from '../testkit/service.js'

let testService: TestService
let token: string
const results = new Map<Audit, AuditResult>()

const withToken: typeof fetch = (input, init) =>
  fetch(input, { ...init, headers: { ...init?.headers, authorization: `Bearer ${token}` } })

/** What the specification asks for, tried with both media types by those who wrote it. */
const audits = serverAudits({ url: () => testService.url, fetchFn: withToken })
const ofLevel = (level: string) => audits.filter(({ name }) => name.startsWith(`${level} `))

beforeAll(async () => {
  testService = await startTestService()
  await testService.seed.person('bea')
  token = await testService.seed.token({ subject: 'bea' })
  for (const audit of audits) results.set(audit, await audit.fn())
})
afterAll(() => testService.close())

test('there are 61 audits', () => {
  expect({ MUST: ofLevel('MUST').length, SHOULD: ofLevel('SHOULD').length, MAY: ofLevel('MAY').length }).toEqual({
    MUST: 13,
    SHOULD: 23,
    MAY: 25,
  })
})

describe.each(['MUST', 'SHOULD', 'MAY'])('what a server %s do', (level) => {
  test.each(ofLevel(level))('$id: $name', (audit) => {
    expect(results.get(audit)).toMatchObject({ status: 'ok' })
  })
})

describe('a caller who sends no header but what is needed is answered', () => {
  const QUERY = '{ viewer { user { displayName } } }'

  /** `fetch` adds headers of its own; this adds `host` and `connection`. */
  async function ask(path: string, headers: OutgoingHttpHeaders, body?: string): Promise<unknown> {
    const authorization = `Bearer ${token}`
    return new Promise((resolve, reject) => {
      const options = { method: body === undefined ? 'GET' : 'POST', headers: { authorization, ...headers } }
      httpRequest(testService.url + path, options, (response) => resolve(json(response)))
        .on('error', reject)
        .end(body)
    })
  }
  const bea = { data: { viewer: { user: { displayName: 'bea' } } } }

  test('by GET: the token', async () => {
    expect(await ask(`?query=${encodeURIComponent(QUERY)}`, {})).toEqual(bea)
  })

  test('by POST: the token, and that it is JSON', async () => {
    expect(await ask('', { 'content-type': 'application/json' }, JSON.stringify({ query: QUERY }))).toEqual(bea)
  })
})
