import { afterAll, beforeAll, expect, test } from 'vitest'
import { graphql } from '../generated/gql.js'
import type { Deal, Person } from '../testkit/seed.js'
import { startTestService, type TestService } from '../testkit/service.js'
import { connect, listen } from '../testkit/websocket-client.js'

const MESSAGE_ADDED = graphql(`
  subscription MessageAdded($transactionId: ID!, $after: String) {
    messageAdded(transactionId: $transactionId, after: $after) {
      cursor
      node {
        id
        sequence
        content
        sender {
          displayName
        }
      }
    }
  }
`)

const CURSOR = graphql(`
  query Cursor($id: ID!) {
    transaction(id: $id) {
      timelineCursor
    }
  }
`)

let testService: TestService
let bea: Person
let sam: Person

beforeAll(async () => {
  testService = await startTestService()
  bea = await testService.seed.person('bea', 'Bea')
  sam = await testService.seed.person('sam', 'Sam')
})
afterAll(() => testService.close())

async function timelineCursor(person: Person, deal: Deal): Promise<string> {
  const { transaction } = await person.get(CURSOR, { id: deal.id })
  return transaction?.timelineCursor ?? ''
}

test('a message that one sends arrives at the other', async () => {
  const deal = await testService.seed.deal('arrives', { buyer: bea, seller: sam })
  const client = connect(testService.webSocketUrl, sam.token)
  const listener = listen(client, MESSAGE_ADDED, { transactionId: deal.id, after: await timelineCursor(sam, deal) })

  const sent = await bea.say(deal, 'Hello Sam')

  const { messageAdded } = await listener.next()
  expect(messageAdded.node).toMatchObject({
    id: `msg_${sent.id}`,
    sequence: 1,
    content: 'Hello Sam',
    sender: { displayName: 'Bea' },
  })
  await client.dispose()
})

test('what was sent before the subscription comes first, in order and each once, and then what follows', async () => {
  const deal = await testService.seed.deal('resumes', { buyer: bea, seller: sam })
  const after = await timelineCursor(sam, deal)
  for (let index = 1; index <= 250; index += 1) await bea.say(deal, `stored ${index}`)
  const client = connect(testService.webSocketUrl, sam.token)
  const listener = listen(client, MESSAGE_ADDED, { transactionId: deal.id, after })
  const first = await listener.next()
  await Promise.all(Array.from({ length: 300 }, (_, index) => bea.say(deal, `live ${index}`)))

  const rest = await listener.take(549)
  const sequences = [first, ...rest].map(({ messageAdded }) => messageAdded.node.sequence)
  expect(sequences).toEqual(Array.from({ length: 550 }, (_, index) => index + 1))
  await client.dispose()
})
