import { Client, fetchExchange } from '@urql/core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { graphql } from '../generated/gql.js'
import type { Person } from '../testkit/seed.js'
import { startTestService, type TestService } from '../testkit/service.js'

const MESSAGES = graphql(`
  query UrqlMessages($id: ID!) {
    transaction(id: $id) {
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

let testService: TestService
let bea: Person
let sam: Person

beforeAll(async () => {
  testService = await startTestService()
  bea = await testService.seed.person('bea')
  sam = await testService.seed.person('sam')
})
afterAll(() => testService.close())

function urql({ token }: Person): Client {
  return new Client({
    url: testService.url,
    preferGetMethod: false,
    fetchOptions: { headers: { authorization: `Bearer ${token}` } },
    exchanges: [fetchExchange],
  })
}

test('urql reads and sends', async () => {
  const deal = await testService.seed.deal('urql', { buyer: bea, seller: sam })
  await bea.say(deal, 'Is it blue?')
  const client = urql(sam)
  const { data: read } = await client.query(MESSAGES, { id: deal.id })
  expect(read?.transaction?.messages.nodes).toMatchObject([{ content: 'Is it blue?' }])

  const { data: sent } = await client.mutation(SEND, { input: { transactionId: deal.id, content: 'It is.' } })
  expect(sent?.sendMessage.message.content).toBe('It is.')
})

test('urql gets code and field of a refusal', async () => {
  const { error } = await urql(sam).mutation(SEND, { input: { transactionId: 'txn_nowhere', content: 'Hello' } })
  expect(error?.graphQLErrors).toMatchObject([{ extensions: { code: 'NOT_FOUND', field: 'transactionId' } }])
})
