import { getIntrospectionQuery } from 'graphql'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Answer, post } from '../testkit/http-client.js'
import { startTestService, type TestService } from '../testkit/service.js'

let shown: TestService
let hidden: TestService
beforeAll(async () => {
  shown = await startTestService()
  hidden = await startTestService({ INTROSPECTION: 'off' })
  for (const { seed } of [shown, hidden]) await seed.person('bea')
})
afterAll(async () => {
  await shown.close()
  await hidden.close()
})

async function ask(service: TestService, query: string, isAnonymous = false): Promise<Answer<Record<string, unknown>>> {
  const token = await service.seed.token({ subject: 'bea' })
  return post(service.url, query, {}, isAnonymous ? {} : { authorization: `Bearer ${token}` })
}

describe('where introspection is on', () => {
  test.each([
    ['the introspection query', getIntrospectionQuery()],
    ['a type', '{ __type(name: "Message") { name } __typename }'],
    ['a type, by a fragment', '{ __type(name: "Message") { ...T } } fragment T on __Type { name }'],
  ])('nobody needs a token for %s', async (_, query) => {
    const { status, data, errors } = await ask(shown, query, true)
    expect([status, errors]).toEqual([200, []])
    expect(data).toEqual(expect.objectContaining({}))
  })

  test.each([
    ['a query', '{ viewer { id } }'],
    ['a query beside introspection', '{ __typename viewer { id } }'],
    ['a query in a fragment', '{ __typename ...Q } fragment Q on Query { viewer { id } }'],
    ['a query in an inline fragment', '{ __typename ... { viewer { id } } }'],
    ['a query under another name', '{ __typename: viewer { id } }'],
    ['one of several operations', 'query A { __typename } query B { viewer { id } }'],
    ['a mutation', 'mutation { deleteMessage(input: { messageId: "" }) { message { id } } }'],
    ['what is not in the schema', '{ weather }'],
    ['what is no GraphQL', '{'],
  ])('everybody needs one for %s', async (_, query) => {
    const { status, data, errors } = await ask(shown, query, true)
    expect([status, data]).toEqual([401, undefined])
    expect(errors.map(({ extensions }) => extensions)).toEqual([{ code: 'UNAUTHENTICATED' }])
  })

  test('an error names what may have been meant', async () => {
    const { errors } = await ask(shown, '{ viewr { id } }')
    expect(errors[0]?.message).toBe('Cannot query field "viewr" on type "Query". Did you mean "viewer"?')
  })
})

describe('where introspection is off', () => {
  test.each([
    ['the introspection query', getIntrospectionQuery()],
    ['a type', '{ __type(name: "Message") { name } }'],
    ['a type name', '{ __typename }'],
  ])('nobody gets %s without a token', async (_, query) => {
    const { status, errors } = await ask(hidden, query, true)
    expect(status).toBe(401)
    expect(errors.map(({ extensions }) => extensions)).toEqual([{ code: 'UNAUTHENTICATED' }])
  })

  test.each([
    '{ __schema { types { name } } }',
    '{ __type(name: "Message") { name } }',
    '{ a: __type(name: "X") { name } }',
  ])('nobody gets %s with one', async (query) => {
    const { data, errors } = await ask(hidden, query)
    expect(data).toBeUndefined()
    expect(errors.map(({ extensions }) => extensions)).toContainEqual({ code: 'BAD_USER_INPUT' })
  })

  test('a type name is no introspection', async () => {
    expect((await ask(hidden, '{ viewer { __typename } }')).data).toEqual({ viewer: { __typename: 'Viewer' } })
  })

  test.each([
    ['{ viewr { id } }', 'Cannot query field "viewr" on type "Query".'],
    ['{ viewer { idd } }', 'Cannot query field "idd" on type "…".'],
    ['{ transaction(idd: "x") { id } }', 'Unknown argument "idd" on field "Query.transaction".'],
    ['query ($f: TransactionFiltr) { transactions(filter: $f) { nodes { id } } }', 'Unknown type "TransactionFiltr".'],
    ['{ transactions(filter: { unred: true }) { nodes { id } } }', 'Field "unred" is not defined by type "…".'],
    ['{ transactions(filter: { statuses: [FUNDD] }) { nodes { id } } }', 'Value "FUNDD" does not exist in "…" enum.'],
  ])('the errors of %s give no hints', async (query, message) => {
    const messages = (await ask(hidden, query)).errors.map((error) => error.message)
    expect(messages).toContain(message)
    for (const said of messages) expect(said).not.toMatch(/did you mean/i)
  })

  test('the errors of variables give no hints either', async () => {
    const token = await hidden.seed.token({ subject: 'bea' })
    const query = 'query ($f: TransactionFilter) { transactions(filter: $f) { nodes { id } } }'
    for (const f of [{ unred: true }, { statuses: ['FUNDD'] }]) {
      const { errors } = await post(hidden.url, query, { f }, { authorization: `Bearer ${token}` })
      expect(errors).toHaveLength(1)
      expect(errors[0]?.message).not.toMatch(/did you mean/i)
    }
  })

  test('there is no playground and nothing at the root', async () => {
    const page = await fetch(hidden.url, { headers: { accept: 'text/html' } })
    expect(page.status).toBe(401)
    expect((await fetch(new URL('/', hidden.url))).status).toBe(404)
  })
})
