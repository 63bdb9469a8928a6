import { ApolloClient, HttpLink, InMemoryCache } from '@apollo/client'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { graphql } from '../generated/gql.js'
import type { ApolloMessagesQuery } from '../generated/graphql.js'
import type { Person } from '../testkit/seed.js'
import { startTestService, type TestService } from '../testkit/service.js'

const MESSAGES = graphql(`
  query ApolloMessages($transactionId: ID!) {
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

let testService: TestService
let bea: Person
let sam: Person

beforeAll(async () => {
  testService = await startTestService()
  bea = await testService.seed.person('bea')
  sam = await testService.seed.person('sam')
})
afterAll(() => testService.close())

function apollo({ token }: Person): ApolloClient {
  const link = new HttpLink({ uri: testService.url, headers: { authorization: `Bearer ${token}` } })
  const client = new ApolloClient({ cache: new InMemoryCache(), link })
  onTestFinished(() => client.stop())
  return client
}

function contents(read: ApolloMessagesQuery | null | undefined) {
  return read?.messages.edges.map(({ node }) => node.content)
}

test('Apollo Client reads, and sends with an update of its cache by messageEdge', async () => {
  const deal = await testService.seed.deal('apollo', { buyer: bea, seller: sam })
  await bea.say(deal, 'Is it blue?')
  const client = apollo(sam)
  const page = { query: MESSAGES, variables: { transactionId: deal.id } }
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
})

test('Apollo Client gets code and field of a refusal', async () => {
  const { error } = await apollo(sam).mutate({
    mutation: SEND,
    variables: { input: { transactionId: 'txn_nowhere', content: 'Hello' } },
    errorPolicy: 'all',
  })
  expect(error).toMatchObject({ errors: [{ extensions: { code: 'NOT_FOUND', field: 'transactionId' } }] })
})
