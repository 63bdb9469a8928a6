import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { getIntrospectionQuery } from 'graphql'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createTemporaryDirectory } from '../testkit/directory.js'
import { RawSocket } from '../testkit/raw-socket.js'
import { removeDirectory } from '../testkit/run-directory.js'
import type { Person } from '../testkit/seed.js'
import { startTestService, type TestService } from '../testkit/service.js'
import { contentsOf } from '../testkit/sql.js'

const VIEWER = 'query TrustedViewer { viewer { user { displayName } } }'
const DEAL = 'query TrustedDeal($id: ID!) { transaction(id: $id) { id } }'
const SEND =
  'mutation TrustedSend($content: String!) { sendMessage(input: { transactionId: "txn_deal", content: $content }) { message { content } } }'
const CURSOR = '{ transaction(id: "txn_deal") { timelineCursor } }'
const FOLLOW =
  'subscription TrustedFollow($after: String!) { messageAdded(transactionId: "txn_deal", after: $after) { node { content } } }'

const hashOf = (text: string) => createHash('sha256').update(text).digest('hex')

const directory = createTemporaryDirectory()
let testService: TestService
let bea: Person

beforeAll(async () => {
  const file = join(directory, 'persisted-documents.json')
  const manifest = Object.fromEntries(
    [VIEWER, DEAL, CURSOR, SEND, FOLLOW].map((text) => [`sha256:${hashOf(text)}`, text]),
  )
  writeFileSync(file, JSON.stringify(manifest))
  testService = await startTestService({ TRUSTED_DOCUMENTS: 'only', TRUSTED_DOCUMENTS_FILE: file })
  bea = await testService.seed.person('bea')
  await testService.seed.deal('deal', { buyer: bea })
})
afterAll(async () => {
  await testService.close()
  removeDirectory(directory)
})

interface Told {
  readonly data?: unknown
  readonly extensions?: unknown
}
type Ask = (payload: Record<string, unknown>) => Promise<Told>

async function toldBy(response: Response): Promise<Told> {
  const { data, errors } = (await response.json()) as { data?: unknown; errors?: { extensions?: { code?: string } }[] }
  if (!errors) return { data }
  expect(response.status).toBe(errors[0]?.extensions?.code === 'FORBIDDEN' ? 403 : 400)
  return { extensions: errors[0]?.extensions }
}

const authorization = () => ({
  authorization: `Bearer ${bea.token}`,
  accept: 'application/graphql-response+json',
})
const byPost: Ask = async (payload) =>
  toldBy(
    await fetch(testService.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...authorization() },
      body: JSON.stringify(payload),
    }),
  )

const byGet: Ask = async (payload) => {
  const parameters = Object.entries(payload).map(([name, value]): [string, string] => [
    name,
    typeof value === 'string' ? value : JSON.stringify(value),
  ])
  return toldBy(await fetch(`${testService.url}?${new URLSearchParams(parameters)}`, { headers: authorization() }))
}

const overWebSocket: Ask = async (payload) => {
  const socket = await RawSocket.connect(testService.webSocketUrl, bea.token)
  // The protocol wants a string.
  socket.send({ type: 'subscribe', id: '1', payload: { query: '', ...payload } })
  const { type, payload: told } = await socket.next()
  await socket.close()
  return type === 'error' ? { extensions: (told as Told[])[0]?.extensions } : { data: (told as Told).data }
}

const BEA = { data: { viewer: { user: { displayName: 'bea' } } } }
const FORBIDDEN = { extensions: { code: 'FORBIDDEN' } }

describe.each([
  ['by POST', byPost],
  ['by GET', byGet],
  ['over a WebSocket', overWebSocket],
])('%s', (_door, ask) => {
  test.each<[string, Record<string, unknown>]>([
    ['its id', { documentId: `sha256:${hashOf(VIEWER)}` }],
    ['its hash', { documentId: hashOf(VIEWER) }],
    ['its hash, as Apollo has it', { extensions: { persistedQuery: { version: 1, sha256Hash: hashOf(VIEWER) } } }],
    [
      'its id, as Apollo has it',
      { extensions: { persistedQuery: { version: 1, sha256Hash: `sha256:${hashOf(VIEWER)}` } } },
    ],
    ['its id and nothing for a text', { query: '', documentId: hashOf(VIEWER) }],
    ['its text', { query: VIEWER }],
    ['its text in another layout', { query: VIEWER.replaceAll(' ', '\n,') }],
    ['its id and its text', { query: VIEWER, documentId: hashOf(VIEWER) }],
    ['its text and an unknown id', { query: VIEWER, documentId: hashOf('x') }],
  ])('a trusted document is executed by %s', async (_, payload) => expect(await ask(payload)).toEqual(BEA))

  test('variables and a name come along', async () => {
    const asked = { documentId: hashOf(DEAL), variables: { id: 'txn_deal' }, operationName: 'TrustedDeal' }
    expect(await ask(asked)).toEqual({ data: { transaction: { id: 'txn_deal' } } })
    expect(await ask({ ...asked, operationName: 'Other' })).toMatchObject({ extensions: { code: 'BAD_USER_INPUT' } })
    expect(await ask({ documentId: hashOf(DEAL) })).toMatchObject({ extensions: { code: 'BAD_USER_INPUT' } })
  })

  test.each<[string, Record<string, unknown>]>([
    ['a text that nobody trusts', { query: '{ viewer { id } }' }],
    ['a text that is nearly trusted', { query: VIEWER.replace('displayName', 'displayName id') }],
    ['a trusted text with more behind it', { query: `${VIEWER} query More { viewer { id } }` }],
    ['what is no GraphQL', { query: '{ viewer {' }],
    ['what breaks a limit', { query: `{ ${'a '.repeat(2_000)} }` }],
    ['introspection', { query: getIntrospectionQuery() }],
    ['a type name', { query: '{ __typename }' }],
    ['an unknown id', { documentId: hashOf('x') }],
    ['an id of another kind', { documentId: `sha1:${hashOf(VIEWER)}` }],
    ['an unknown hash, as Apollo has it', { extensions: { persistedQuery: { version: 1, sha256Hash: hashOf('x') } } }],
    ['a hash that is none', { extensions: { persistedQuery: { version: 1, sha256Hash: { length: 64 } } } }],
    ['the name of a prototype', { documentId: '__proto__' }],
  ])('%s is refused, always in the same words', async (_, payload) => expect(await ask(payload)).toEqual(FORBIDDEN))
})

test('a subscription is trusted like the others', async () => {
  const socket = await RawSocket.connect(testService.webSocketUrl, bea.token)
  const { data } = await byPost({ documentId: hashOf(CURSOR) })
  const variables = { after: (data as { transaction: { timelineCursor: string } }).transaction.timelineCursor }
  socket.send({ type: 'subscribe', id: '1', payload: { query: '', documentId: hashOf(FOLLOW), variables } })
  expect(await byPost({ documentId: hashOf(SEND), variables: { content: 'heard' } })).toHaveProperty('data')
  expect(await socket.next()).toMatchObject({ payload: { data: { messageAdded: { node: { content: 'heard' } } } } })
  await socket.close()
})

test('a mutation that nobody trusts changes nothing, and one by GET neither', async () => {
  const before = await contentsOf(testService.database.url)
  const mutation = SEND.replace('TrustedSend', 'Other')
  expect(await byPost({ query: mutation, variables: { content: 'x' } })).toEqual(FORBIDDEN)
  const parameters = new URLSearchParams({ documentId: hashOf(SEND), variables: '{"content":"x"}' })
  const response = await fetch(`${testService.url}?${parameters}`, { headers: authorization() })
  expect(response.status).toBe(405)
  expect(await contentsOf(testService.database.url)).toEqual(before)
})

test('nobody gets anything without a token, not even to know which ids there are', async () => {
  for (const payload of [{ documentId: hashOf(VIEWER) }, { documentId: hashOf('x') }, { query: '{ __typename }' }]) {
    const response = await fetch(testService.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(payload),
    })
    expect(response.status).toBe(401)
  }
})

test('what is no id is said to be none', async () => {
  for (const documentId of [1, {}, []]) {
    expect(await byPost({ documentId })).toEqual({ extensions: { code: 'BAD_USER_INPUT' } })
  }
})

test('where any document is taken, ids are not', async () => {
  const open = await startTestService()
  await open.seed.person('bea')
  const token = await open.seed.token({ subject: 'bea' })
  const response = await fetch(open.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ documentId: hashOf(VIEWER) }),
  })
  expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'BAD_USER_INPUT', field: 'query' } }] })
  await open.close()
})
