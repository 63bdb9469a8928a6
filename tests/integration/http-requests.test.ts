import { request as httpRequest } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Person } from '../testkit/seed.js'
import { startTestService, type TestService } from '../testkit/service.js'
import { contentsOf } from '../testkit/sql.js'

const RESPONSE_JSON = 'application/graphql-response+json'
const JSON_TYPE = 'application/json'

let testService: TestService
let bea: Person

beforeAll(async () => {
  testService = await startTestService()
  bea = await testService.seed.person('bea')
  await testService.seed.deal('deal', { buyer: bea })
})
afterAll(() => testService.close())

const send = (init: RequestInit & { headers?: Record<string, string> } = {}, query = '') =>
  fetch(testService.url + query, {
    ...init,
    headers: { authorization: `Bearer ${bea.token}`, 'content-type': JSON_TYPE, ...init.headers },
  })
const post = (body: unknown, headers: Record<string, string> = {}) =>
  send({ method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body), headers })
const codes = async (response: Response) => {
  const { errors = [] } = (await response.json()) as { errors?: { extensions?: { code?: string } }[] }
  return errors.map(({ extensions }) => extensions?.code)
}

describe('an operation that is', () => {
  const missing = '{ unreadCount(transactionId: "txn_nowhere") }'
  const TWO = 'query A { viewer { id } } query B { viewer { id } }'
  const VARIABLE = 'query ($id: ID!) { transaction(id: $id) { id } }'

  test.each<[string, object, number, string[]]>([
    ['answered', { query: '{ viewer { id } }' }, 200, []],
    ['refused in execution', { query: missing }, 200, ['NOT_FOUND']],
    [
      'refused in part',
      { query: `{ viewer { id } nodes(ids: []) { id } ${missing.slice(1, -1)} }` },
      200,
      ['NOT_FOUND'],
    ],
    ['no GraphQL', { query: '{ viewer { ' }, 400, ['BAD_USER_INPUT']],
    ['empty', { query: '' }, 400, ['BAD_USER_INPUT']],
    ['not in the schema', { query: '{ weather { id } }' }, 400, ['BAD_USER_INPUT']],
    ['without its variable', { query: VARIABLE }, 400, ['BAD_USER_INPUT']],
    ['with a variable of another type', { query: VARIABLE, variables: { id: {} } }, 400, ['BAD_USER_INPUT']],
    ['one of two, without a name', { query: TWO }, 400, ['BAD_USER_INPUT']],
    ['one of two, by the name of neither', { query: TWO, operationName: 'C' }, 400, ['BAD_USER_INPUT']],
    [
      'a subscription',
      { query: 'subscription { messageAdded(transactionId: "txn_deal") { cursor } }' },
      400,
      ['BAD_USER_INPUT'],
    ],
  ])('%s has its status under each media type', async (_, body, status, expected) => {
    const modern = await post(body, { accept: RESPONSE_JSON })
    expect([modern.status, modern.headers.get('content-type')]).toEqual([status, `${RESPONSE_JSON}; charset=utf-8`])
    expect(await codes(modern)).toEqual(expected)
    const legacy = await post(body, { accept: JSON_TYPE })
    expect([legacy.status, legacy.headers.get('content-type')]).toEqual([200, `${JSON_TYPE}; charset=utf-8`])
    expect(await codes(legacy)).toEqual(expected)
  })
})

describe.each([RESPONSE_JSON, JSON_TYPE])('a body under %s', (accept) => {
  test.each<[string, unknown, number]>([
    ['empty', '', 400],
    ['no JSON', '{"query": "{ viewer { id } }"', 400],
    ['null', 'null', 400],
    ['a string', '"{ viewer { id } }"', 400],
    ['a batch', [{ query: '{ viewer { id } }' }], 400],
    ['without a query', { variables: {} }, 400],
    ['with a query that is no string', { query: { viewer: 'id' } }, 400],
    ['with variables that are no object', { query: '{ viewer { id } }', variables: [] }, 400],
    ['with extensions that are no object', { query: '{ viewer { id } }', extensions: 'x' }, 400],
    ['with a name that is no string', { query: '{ viewer { id } }', operationName: 1 }, 400],
  ])('that is %s is refused', async (_, body, status) => {
    const response = await post(body, { accept })
    expect(response.status).toBe(status)
    expect(await codes(response)).toEqual(['BAD_USER_INPUT'])
  })

  test.each([
    'text/plain',
    'application/graphql',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/jsonp',
  ])('of the type %s is refused', async (type) => {
    const response = await post({ query: '{ viewer { id } }' }, { accept, 'content-type': type })
    expect(response.status).toBe(415)
    expect(await codes(response)).toEqual(['BAD_USER_INPUT'])
  })

  test('of 256 KiB is taken, and of a byte more refused, with the limit', async () => {
    const bodyOf = (bytes: number) => '{"query":"{ viewer { id } }"}'.padEnd(bytes)
    expect((await post(bodyOf(262_144), { accept })).status).toBe(200)
    const response = await post(bodyOf(262_145), { accept })
    expect(response.status).toBe(413)
    expect(await response.json()).toMatchObject({
      errors: [{ extensions: { code: 'PAYLOAD_TOO_LARGE', limit: 262_144 } }],
    })
  })
})

test('a body that does not say its length is refused as soon as it is too large, before its end', async () => {
  const { status, body } = await new Promise<{ status: number | undefined; body: string }>((resolve, reject) => {
    const request = httpRequest(testService.url, {
      method: 'POST',
      headers: { 'content-type': JSON_TYPE, authorization: `Bearer ${bea.token}`, 'transfer-encoding': 'chunked' },
    })
    request.on('error', reject)
    request.on('response', (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (part) => {
        text += part
      })
      response.on('end', () => {
        resolve({ status: response.statusCode, body: text })
        request.destroy()
      })
    })
    request.write(' '.repeat(262_145)) // and no end
  })
  expect(status).toBe(413)
  expect(JSON.parse(body)).toMatchObject({ errors: [{ extensions: { code: 'PAYLOAD_TOO_LARGE', limit: 262_144 } }] })
})

describe('GET', () => {
  const get = (params: Record<string, string>) => send({}, `?${new URLSearchParams(params)}`)

  test('reads, with variables and a name', async () => {
    const query = 'query A { viewer { id } } query B($id: ID!) { transaction(id: $id) { id } }'
    const response = await get({ query, operationName: 'B', variables: '{"id":"txn_deal"}' })
    expect(await response.json()).toEqual({ data: { transaction: { id: 'txn_deal' } } })
  })

  test('writes nothing', async () => {
    const before = await contentsOf(testService.database.url)
    const query = 'mutation { sendMessage(input: { transactionId: "txn_deal", content: "x" }) { message { id } } }'
    const response = await get({ query })
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST'])
    expect(await codes(response)).toEqual(['BAD_USER_INPUT'])
    expect(await contentsOf(testService.database.url)).toEqual(before)
  })

  test.each([[{}], [{ query: '{ viewer { id } }', variables: '{' }], [{ query: '{ viewer { id } }', variables: '1' }]])(
    'is refused with %j',
    async (params) => {
      const response = await get(params)
      expect(response.status).toBe(400)
      expect(await codes(response)).toEqual(['BAD_USER_INPUT'])
    },
  )
})

describe('what a client accepts', () => {
  const FAULTY = { query: '{ nope }' }

  test.each<[string, string, number]>([
    [
      `${RESPONSE_JSON}, application/graphql+json, ${JSON_TYPE}, text/event-stream, multipart/mixed`,
      RESPONSE_JSON,
      400,
    ],
    [`${JSON_TYPE};q=0.9, ${RESPONSE_JSON}, text/event-stream`, RESPONSE_JSON, 400],
    [`${RESPONSE_JSON};q=0.5, ${JSON_TYPE}`, JSON_TYPE, 200],
    [`${RESPONSE_JSON}; charset=utf-8, ${JSON_TYPE}; charset=utf-8`, RESPONSE_JSON, 400],
    [`${RESPONSE_JSON};charset=UTF-8`, RESPONSE_JSON, 400],
    [`${JSON_TYPE}; charset=utf-8`, JSON_TYPE, 200],
    ['application/*', JSON_TYPE, 200],
    ['*/*', JSON_TYPE, 200],
    ['text/event-stream', JSON_TYPE, 200],
    ['text/html', JSON_TYPE, 200],
    ['application/xml', JSON_TYPE, 200],
    ['no media type', JSON_TYPE, 200],
    [`${JSON_TYPE};q=0, ${RESPONSE_JSON};q=0`, JSON_TYPE, 200],
  ])('%s is answered in %s', async (accept, type, status) => {
    const response = await post(FAULTY, { accept })
    expect([response.status, response.headers.get('content-type')]).toEqual([status, `${type}; charset=utf-8`])
    expect(await codes(response)).toEqual(['BAD_USER_INPUT'])
  })

  test.each(['application/xml', 'text/html', 'text/event-stream'])(
    'is %s, which we have not: a mutation is carried out, and answered',
    async (accept) => {
      const content = `told in another type than ${accept}`
      const query = `mutation { sendMessage(input: { transactionId: "txn_deal", content: "${content}" }) { message { content } } }`
      const response = await post({ query }, { accept })
      expect([response.status, await response.json()]).toEqual([
        200,
        { data: { sendMessage: { message: { content } } } },
      ])
    },
  )
})

test.each(['PUT', 'DELETE', 'PATCH'])('%s is refused', async (method) => {
  const response = await send({ method, body: JSON.stringify({ query: '{ viewer { id } }' }) })
  expect(response.status).toBe(405)
  expect(await codes(response)).toEqual(['BAD_USER_INPUT'])
})
