import type { TypedDocumentNode } from '@graphql-typed-document-node/core'
import pg from 'pg'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { READ_INACTIVE, WRITE_LAST_SEEN } from '../../src/chat/presence/presence-statement.js'
import { READ_HEADS } from '../../src/chat/timeline/read-statement.js'
import { graphql } from '../generated/gql.js'
import type { Deal, Person } from '../testkit/seed.js'
import { startTestService, type TestService } from '../testkit/service.js'
import { FOLLOW_MESSAGES, FOLLOW_STATUS, timelineCursor } from '../testkit/timeline-documents.js'
import { connect, listen } from '../testkit/websocket-client.js'

const FOLLOW_SENDERS = graphql(`
  subscription LiveStatementsTimeline($transactionId: ID!, $after: String) {
    timelineAdvanced(transactionId: $transactionId, after: $after) {
      cursor
      node {
        __typename
        id
        position
        occurredAt
        actor {
          displayName
        }
        ... on MessageSent {
          content
          message {
            content
            sender {
              displayName
            }
          }
        }
        ... on MessageEdited {
          content
          message {
            content
            editedAt
            sender {
              displayName
            }
          }
        }
      }
    }
  }
`)

const FOLLOW_CHANGED_SENDERS = graphql(`
  subscription LiveStatementsChanges($transactionId: ID!, $after: String) {
    messageChanged(transactionId: $transactionId, after: $after) {
      cursor
      message {
        id
        sequence
        type
        version
        content
        clientMessageId
        createdAt
        editedAt
        deletedAt
        sender {
          id
          displayName
          avatarUrl
        }
      }
    }
  }
`)

const MANY = 12

const queries = vi.spyOn(pg.Client.prototype, 'query')
let testService: TestService
let bea: Person
let sam: Person

beforeAll(async () => {
  testService = await startTestService()
  bea = await testService.seed.person('bea')
  sam = await testService.seed.person('sam')
})
afterAll(() => testService.close())

/** What a node asks in its own time, whatever happens: every 2 s, every minute, and when somebody comes or goes. */
const IN_ITS_OWN_TIME: (string | undefined)[] = [READ_HEADS, READ_INACTIVE, WRITE_LAST_SEEN].map(({ name }) => name)

/** What was asked of the database so far, but for that. */
function statementCount(): number {
  const names = queries.mock.calls.map(([statement]) => (statement as { name?: string }).name)
  return names.filter((name) => name === undefined || !IN_ITS_OWN_TIME.includes(name)).length
}

type FollowDocument = TypedDocumentNode<object, { transactionId: string; after?: string | null }>

/** How many statements it takes, with this many subscribers, until all of them have heard of what was done. */
async function statementsOf(
  subscribers: number,
  document: FollowDocument,
  act: (deal: Deal, messageId: string) => Promise<unknown>,
): Promise<number> {
  const deal = await testService.seed.deal(`statements-${subscribers}-${queries.mock.calls.length}`, {
    buyer: bea,
    seller: sam,
  })
  const { id } = await bea.say(deal, 'the first')
  const after = await timelineCursor(sam, deal)
  const clients = Array.from({ length: subscribers }, () => connect(testService.webSocketUrl, sam.token))
  const listeners = clients.map((client) => listen(client, document, { transactionId: deal.id, after }))
  // The first time it may still be catching up.
  await act(deal, id)
  await Promise.all(listeners.map((listener) => listener.next()))

  const before = statementCount()
  await act(deal, id)
  await Promise.all(listeners.map((listener) => listener.next()))
  const taken = statementCount() - before
  for (const client of clients) await client.dispose()
  return taken
}

const say = (deal: Deal) => bea.say(deal, 'Hello')
let edits = 0
const edit = (_deal: Deal, messageId: string) => {
  edits += 1
  return testService.service.services.message.edit(bea.viewer, messageId, `edited ${edits}`)
}
let changes = 0
const changeStatus = (deal: Deal) => {
  changes += 1
  return deal.changeStatus(changes % 2 === 0 ? 'FUNDED' : 'SHIPPED')
}

test.each<[string, FollowDocument, (deal: Deal, messageId: string) => Promise<unknown>]>([
  ['a message, to those who follow messages', FOLLOW_MESSAGES, say],
  ['a message, to those who follow the timeline', FOLLOW_SENDERS, say],
  ['an edit, to those who follow changes', FOLLOW_CHANGED_SENDERS, edit],
  ['an edit, to those who follow the timeline', FOLLOW_SENDERS, edit],
  ['a change of status, to those who follow the status', FOLLOW_STATUS, changeStatus],
])('%s, costs no statement a subscriber', async (_what, document, act) => {
  const forOne = await statementsOf(1, document, act)
  expect(forOne).toBeGreaterThan(0)
  expect(await statementsOf(MANY, document, act)).toBe(forOne)
})

test('a message costs the one statement that stores it, however many hear of it', async () => {
  expect(await statementsOf(MANY, FOLLOW_MESSAGES, say)).toBe(1)
})
