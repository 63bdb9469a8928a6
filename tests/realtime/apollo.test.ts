import { ApolloClient, HttpLink, InMemoryCache, split } from '@apollo/client'
import { GraphQLWsLink } from '@apollo/client/link/subscriptions'
import { getMainDefinition } from '@apollo/client/utilities'
import { createClient } from 'graphql-ws'
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest'
import { WebSocket } from 'ws'
import { graphql } from '../generated/gql.js'
import type { ApolloMessagesQuery } from '../generated/graphql.js'
import type { Person } from '../testkit/seed.js'
import { startTestService, type TestService } from '../testkit/service.js'

const MESSAGES = graphql(`
  query ApolloMessages($transactionId: ID!, $id: ID!) {
    transaction(id: $id) {
      id
      timelineCursor
    }
    messages(transactionId: $transactionId) {
      edges {
        cursor
        node {
          id
          content
        }
      }
    }
  }
`)

const SEND = graphql(`
  mutation ApolloSend($input: SendMessageInput!) {
    sendMessage(input: $input) {
      messageEdge {
        cursor
        node {
          id
          content
        }
      }
    }
  }
`)

const ADDED = graphql(`
  subscription ApolloAdded($transactionId: ID!, $after: String) {
    messageAdded(transactionId: $transactionId, after: $after) {
      cursor
      node {
        id
        content
      }
    }
  }
`)

// Apollo's link takes it for granted, as in a browser; without it each of its errors would be a ReferenceError.
vi.stubGlobal('WebSocket', WebSocket)

let testService: TestService
let bea: Person
let sam: Person

beforeAll(async () => {
  testService = await startTestService()
  bea = await testService.seed.person('bea')
  sam = await testService.seed.person('sam')
})
afterAll(() => testService.close())

/** A client as a front-end builds it. */
function apollo({ token }: Person): ApolloClient {
  const http = new HttpLink({ uri: testService.url, headers: { authorization: `Bearer ${token}` } })
  const socket = createClient({
    url: testService.webSocketUrl,
    webSocketImpl: WebSocket,
    connectionParams: { authorization: `Bearer ${token}` },
  })
  const client = new ApolloClient({
    cache: new InMemoryCache(),
    link: split(
      ({ query }) => {
        const definition = getMainDefinition(query)
        return definition.kind === 'OperationDefinition' && definition.operation === 'subscription'
      },
      new GraphQLWsLink(socket),
      http,
    ),
  })
  onTestFinished(async () => {
    client.stop()
    await socket.dispose()
  })
  return client
}

function contents(read: ApolloMessagesQuery | null | undefined) {
  return read?.messages.edges.map(({ node }) => node.content)
}

test('Apollo Client reads, sends with an update of its cache by messageEdge, and follows', async () => {
  const deal = await testService.seed.deal('apollo', { buyer: bea, seller: sam })
  await bea.say(deal, 'Is it blue?')
  const client = apollo(sam)
  const page = { query: MESSAGES, variables: { transactionId: deal.id, id: deal.id } }
  const { data } = await client.query(page)
  expect(contents(data)).toEqual(['Is it blue?'])

  await client.mutate({
    mutation: SEND,
    variables: { input: { transactionId: deal.id, content: 'It is.' } },
    update: (cache, { data: sent }) => {
      cache.updateQuery(page, (read) => {
        if (!read || !sent) return undefined
        return {
          ...read,
          messages: { ...read.messages, edges: [...read.messages.edges, sent.sendMessage.messageEdge] },
        }
      })
    },
  })
  expect(contents(client.readQuery(page))).toEqual(['Is it blue?', 'It is.'])

  const heard = new Promise<unknown[]>((resolve, reject) => {
    const events: unknown[] = []
    const after = data?.transaction?.timelineCursor ?? null
    const subscription = client.subscribe({ query: ADDED, variables: { transactionId: deal.id, after } }).subscribe({
      next: (event) => {
        events.push(event.data?.messageAdded.node.content)
        if (events.length === 2) {
          subscription.unsubscribe()
          resolve(events)
        }
      },
      error: reject,
    })
  })
  await bea.say(deal, 'Then I take it.')
  expect(await heard).toEqual(['It is.', 'Then I take it.'])
})

test('Apollo Client gets code and field of a refusal, over HTTP and over the socket', async () => {
  const client = apollo(sam)
  const extensions = { code: 'NOT_FOUND', field: 'transactionId' }
  const { error } = await client.mutate({
    mutation: SEND,
    variables: { input: { transactionId: 'txn_nowhere', content: 'Hello' } },
    errorPolicy: 'all',
  })
  expect(error).toMatchObject({ errors: [{ extensions }] })

  const refused = new Promise((resolve) => {
    client.subscribe({ query: ADDED, variables: { transactionId: 'txn_nowhere' } }).subscribe({
      next: ({ error }) => resolve(error),
      error: resolve,
    })
  })
  expect(await refused).toMatchObject({ errors: [{ extensions }] })
})
