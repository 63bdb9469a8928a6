import { Client, type ExecutionResult, fetchExchange, subscriptionExchange } from '@urql/core'
import { createClient } from 'graphql-ws'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import { graphql } from '../generated/gql.js'
import type { Person } from '../testkit/seed.js'
import { startTestService, type TestService } from '../testkit/service.js'

const CURSOR = graphql(`
  query UrqlCursor($id: ID!) {
    transaction(id: $id) {
      timelineCursor
      messages(last: 1) {
        nodes {
          content
        }
      }
    }
  }
`)

const SEND = graphql(`
  mutation UrqlSend($input: SendMessageInput!) {
    sendMessage(input: $input) {
      message {
        content
      }
    }
  }
`)

const ADDED = graphql(`
  subscription UrqlAdded($transactionId: ID!, $after: String) {
    messageAdded(transactionId: $transactionId, after: $after) {
      node {
        content
      }
    }
  }
`)

let testService: TestService
let bea: Person
let sam: Person

beforeAll(async () => {
  testService = await startTestService()
  bea = await testService.seed.person('bea')
  sam = await testService.seed.person('sam')
})
afterAll(() => testService.close())

/** A client as urql's documentation has it. */
function urql({ token }: Person): Client {
  const socket = createClient({
    url: testService.webSocketUrl,
    webSocketImpl: WebSocket,
    connectionParams: { authorization: `Bearer ${token}` },
  })
  onTestFinished(async () => socket.dispose())
  return new Client({
    url: testService.url,
    preferGetMethod: false,
    fetchOptions: { headers: { authorization: `Bearer ${token}` } },
    exchanges: [
      fetchExchange,
      subscriptionExchange({
        forwardSubscription: ({ query, variables }) => ({
          subscribe: (sink) => ({
            unsubscribe: socket.subscribe(
              { query: query ?? '', variables: variables ?? {} },
              { ...sink, next: (result) => sink.next(result as ExecutionResult) },
            ),
          }),
        }),
      }),
    ],
  })
}

test('urql reads, sends and follows', async () => {
  const deal = await testService.seed.deal('urql', { buyer: bea, seller: sam })
  await bea.say(deal, 'Is it blue?')
  const client = urql(sam)
  const { data: read } = await client.query(CURSOR, { id: deal.id })
  expect(read?.transaction?.messages.nodes).toMatchObject([{ content: 'Is it blue?' }])

  const { data: sent } = await client.mutation(SEND, { input: { transactionId: deal.id, content: 'It is.' } })
  expect(sent?.sendMessage.message.content).toBe('It is.')

  const heard = new Promise<unknown[]>((resolve) => {
    const contents: unknown[] = []
    const after = read?.transaction?.timelineCursor ?? null
    const { unsubscribe } = client.subscription(ADDED, { transactionId: deal.id, after }).subscribe(({ data }) => {
      contents.push(data?.messageAdded.node.content)
      if (contents.length === 2) {
        unsubscribe()
        resolve(contents)
      }
    })
  })
  await bea.say(deal, 'Then I take it.')
  expect(await heard).toEqual(['It is.', 'Then I take it.'])
})

test('urql gets code and field of a refusal, over HTTP and over the socket', async () => {
  const client = urql(sam)
  const extensions = { code: 'NOT_FOUND', field: 'transactionId' }
  const { error } = await client.mutation(SEND, { input: { transactionId: 'txn_nowhere', content: 'Hello' } })
  expect(error?.graphQLErrors).toMatchObject([{ extensions }])

  const { error: refusal } = await new Promise<{ error?: { graphQLErrors: unknown } | undefined }>((resolve) => {
    client.subscription(ADDED, { transactionId: 'txn_nowhere' }).subscribe(resolve)
  })
  expect(refusal?.graphQLErrors).toMatchObject([{ extensions }])
})
