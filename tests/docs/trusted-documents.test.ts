import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { ApolloClient, ApolloLink, HttpLink, InMemoryCache } from '@apollo/client'
import { PersistedQueryLink } from '@apollo/client/link/persisted-queries'
import { GraphQLWsLink } from '@apollo/client/link/subscriptions'
import { Client, fetchExchange, mapExchange } from '@urql/core'
import { type DocumentNode, OperationTypeNode, print } from 'graphql'
import { createClient } from 'graphql-ws'
import { firstValueFrom } from 'rxjs'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import { createTemporaryDirectory } from '../testkit/directory.js'
import { removeDirectory } from '../testkit/run-directory.js'
import type { Deal, Person } from '../testkit/seed.js'
import { startTestService, type TestService } from '../testkit/service.js'
import { connect, listen } from '../testkit/websocket-client.js'
import { readDocument } from './markdown.js'

// An app whose documents are made as docs/operations.md shows it, and a service that takes no others.

const APP = `
import { graphql } from './generated/gql.js'

export const PERSON = graphql(\`fragment TrustedPerson on User { id displayName }\`)
export const DEAL = graphql(\`
  query TrustedDeal($id: ID!) {
    transaction(id: $id) { id title participants { role user { ...TrustedPerson } } timelineCursor }
  }
\`)
export const SEND = graphql(\`
  mutation TrustedSend($input: SendMessageInput!) {
    sendMessage(input: $input) { message { id content sender { ...TrustedPerson } } }
  }
\`)
export const FOLLOW = graphql(\`
  subscription TrustedFollow($id: ID!, $after: String) {
    messageAdded(transactionId: $id, after: $after) { cursor node { id content sender { ...TrustedPerson } } }
  }
\`)
`

/** A document as codegen generates it. */
type Generated = DocumentNode & { readonly __meta__: { readonly hash: string } }

const app = createTemporaryDirectory()
let documents: { deal: Generated; send: Generated; follow: Generated }
let testService: TestService
let bea: Person
let deal: Deal

beforeAll(async () => {
  const [config] = readDocument('docs/operations.md').blocks.filter(({ language }) => language === 'typescript')
  if (!config) throw new Error('docs/operations.md does not show the configuration')
  symlinkSync(resolve('node_modules'), join(app, 'node_modules'))
  symlinkSync(resolve('schema.graphql'), join(app, 'schema.graphql'))
  writeFileSync(join(app, 'package.json'), JSON.stringify({ type: 'module' }))
  writeFileSync(join(app, 'codegen.ts'), config.text)
  mkdirSync(join(app, 'src'))
  writeFileSync(join(app, 'src/documents.ts'), APP)
  const codegen = resolve('node_modules/@graphql-codegen/cli/cjs/bin.js')
  execFileSync(process.execPath, [codegen, '--silent', '--errors-only'], { cwd: app, stdio: 'pipe' })
  const generated = readFileSync(join(app, 'src/generated/graphql.ts'), 'utf8')
  documents = {
    deal: documentIn(generated, 'TrustedDeal'),
    send: documentIn(generated, 'TrustedSend'),
    follow: documentIn(generated, 'TrustedFollow'),
  }
  testService = await startTestService({
    TRUSTED_DOCUMENTS: 'only',
    TRUSTED_DOCUMENTS_FILE: join(app, 'src/generated/persisted-documents.json'),
  })
  bea = await testService.seed.person('bea', 'Bea')
  deal = await testService.seed.deal('deal', { buyer: bea })
}, 60_000)
afterAll(async () => {
  await testService.close()
  removeDirectory(app)
})

/** What the app would import. */
function documentIn(generated: string, name: string): Generated {
  const [, json = ''] = new RegExp(`^export const ${name}Document = (\\{.*\\}) as unknown`, 'm').exec(generated) ?? []
  return JSON.parse(json)
}

const authorization = () => ({ authorization: `Bearer ${bea.token}` })
const sent = (content: string) => ({ input: { transactionId: deal.id, content } })

test('fetch names a document by its id', async () => {
  const response = await fetch(testService.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...authorization() },
    body: JSON.stringify({ documentId: documents.deal.__meta__.hash, variables: { id: deal.id } }),
  })
  expect(await response.json()).toMatchObject({ data: { transaction: { id: deal.id } } })
})

test('Apollo Client reads and sends by id, and listens', async () => {
  const asked: string[] = []
  const http = new HttpLink({
    uri: testService.url,
    headers: authorization(),
    fetch: (input, init) => {
      asked.push(String(init?.body))
      return fetch(input, init)
    },
  })
  const persisted = new PersistedQueryLink({ generateHash: (document) => (document as Generated).__meta__.hash })
  const webSocketClient = createClient({
    url: testService.webSocketUrl,
    webSocketImpl: WebSocket,
    connectionParams: authorization(),
  })
  onTestFinished(() => void webSocketClient.dispose())
  const isLive = ({ operationType }: ApolloLink.Operation) => operationType === OperationTypeNode.SUBSCRIPTION
  const link = ApolloLink.split(isLive, new GraphQLWsLink(webSocketClient), persisted.concat(http))
  const client = new ApolloClient({ cache: new InMemoryCache(), link })
  onTestFinished(() => client.stop())

  const { data: read } = await client.query<{ transaction: { timelineCursor: string; participants: object[] } }>({
    query: documents.deal,
    variables: { id: deal.id },
  })
  expect(read?.transaction.participants).toMatchObject([{ role: 'BUYER', user: { displayName: 'Bea' } }])
  // The cache knows who is who.
  expect(client.cache.extract()).toHaveProperty(`Transaction:${deal.id}`)

  const { data: answer } = await client.mutate({ mutation: documents.send, variables: sent('from Apollo') })
  expect(answer).toMatchObject({ sendMessage: { message: { content: 'from Apollo' } } })
  for (const body of asked) expect(JSON.parse(body)).not.toHaveProperty('query')

  const variables = { id: deal.id, after: read?.transaction.timelineCursor }
  const { data: heard } = await firstValueFrom(client.subscribe({ query: documents.follow, variables }))
  expect(heard).toMatchObject({ messageAdded: { node: { content: 'from Apollo' } } })
})

test('urql reads and sends by id', async () => {
  const asked: string[] = []
  const client = new Client({
    url: testService.url,
    preferGetMethod: false,
    fetchOptions: { headers: authorization() },
    fetch: (input, init) => {
      asked.push(String(init?.body))
      return fetch(input, init)
    },
    exchanges: [
      mapExchange({
        onOperation: (operation) => {
          const { hash: sha256Hash } = (operation.query as Generated).__meta__
          return { ...operation, extensions: { persistedQuery: { version: 1, sha256Hash } } }
        },
      }),
      fetchExchange,
    ],
  })
  const read = await client.query(documents.deal, { id: deal.id })
  expect(read.error).toBeUndefined()
  expect(read.data).toMatchObject({ transaction: { id: deal.id } })
  const answer = await client.mutation(documents.send, sent('from urql'))
  expect(answer.data).toMatchObject({ sendMessage: { message: { content: 'from urql' } } })
  for (const body of asked) expect(JSON.parse(body)).not.toHaveProperty('query')
})

test('graphql-ws listens by id, and by all of the text', async () => {
  const client = connect(testService.webSocketUrl, bea.token)
  const { hash } = documents.follow.__meta__
  const variables = { id: deal.id }
  const byId = client.iterate({
    query: '',
    extensions: { persistedQuery: { sha256Hash: hash } },
    variables: { ...variables, after: await bea.ask(print(documents.deal), variables).then(cursorIn) },
  })
  const byText = listen(client, print(documents.follow), {
    ...variables,
    after: await bea.ask(print(documents.deal), variables).then(cursorIn),
  })
  await bea.ask(print(documents.send), sent('by both'))
  const expected = { messageAdded: { node: { content: 'by both' } } }
  expect((await byId.next()).value).toMatchObject({ data: expected })
  expect(await byText.next()).toMatchObject(expected)
  await byId.return?.()
  await client.dispose()
})

function cursorIn({ data }: { data: unknown }): string {
  return (data as { transaction: { timelineCursor: string } }).transaction.timelineCursor
}

test('what the app does not ask for is refused', async () => {
  const refused = { errors: [{ extensions: { code: 'FORBIDDEN' } }] }
  expect(await bea.ask('query TrustedDeal($id: ID!) { transaction(id: $id) { id } }', { id: deal.id })).toMatchObject(
    refused,
  )
})
