import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { graphql } from '../generated/gql.js'
import type { Caller, Person } from '../testkit/seed.js'
import { startTestService, type TestService } from '../testkit/service.js'

const NODE = graphql(`
  query Node($id: ID!) {
    node(id: $id) {
      __typename
      id
    }
  }
`)

const NODES = graphql(`
  query Nodes($ids: [ID!]!) {
    nodes(ids: $ids) {
      __typename
      id
    }
  }
`)

const DETAILS = graphql(`
  query NodesInDetail($ids: [ID!]!) {
    nodes(ids: $ids) {
      ... on User {
        displayName
      }
      ... on Transaction {
        title
        participants {
          role
        }
        messages {
          nodes {
            content
          }
        }
      }
      ... on Participant {
        role
        leftAt
        user {
          displayName
        }
        transaction {
          title
        }
      }
      ... on Message {
        content
        sender {
          displayName
        }
      }
      ... on MessageSent {
        actor {
          displayName
        }
        message {
          content
        }
      }
    }
  }
`)

const SEATS = graphql(`
  query NodesSeats {
    transaction(id: "txn_deal") {
      participants {
        id
      }
    }
  }
`)

let testService: TestService
let bea: Person
let sam: Person
let stranger: Person
let partner: Caller
let platform: Caller
/** By what is shown there, the id of one of every type. */
let ids: Record<string, string>

beforeAll(async () => {
  testService = await startTestService()
  const { seed } = testService
  ;[bea, sam] = [await seed.person('bea', 'Bea'), await seed.person('sam', 'Sam')]
  stranger = await seed.person('stranger')
  partner = await seed.caller({ clientId: 'shop', scopes: ['history:read'] })
  platform = await seed.caller({ scopes: ['platform'] })
  const deal = await seed.deal('deal', { seller: sam, buyer: bea }, { title: 'A bicycle', partnerClientId: 'shop' })
  const { transaction } = await sam.get(SEATS, {})
  const { id } = await sam.say(deal, 'first words')
  await testService.service.services.message.edit(sam.viewer, id, 'second words')
  await testService.service.services.message.delete(sam.viewer, id)
  const said = await sam.say(deal, 'third words')
  await deal.seat({ buyer: bea })
  ids = {
    User: sam.id,
    Transaction: deal.id,
    Participant: transaction?.participants[0]?.id ?? '',
    Message: `msg_${said.id}`,
    StatusChanged: 'evt_1.deal',
    ParticipantJoined: 'evt_2.deal',
    MessageSent: 'evt_7.deal',
    MessageEdited: 'evt_5.deal',
    MessageDeleted: 'evt_6.deal',
    ParticipantLeft: 'evt_8.deal',
  }
})
afterAll(() => testService.close())

const all = () => Object.entries(ids).map(([__typename, id]) => ({ __typename, id }))

describe('every type of node is read by its id', () => {
  test.each([
    ['by a participant', () => bea],
    ['by the partner whose deal it is', () => partner],
    ['by the platform', () => platform],
  ])('%s', async (_, caller) => {
    expect((await caller().get(NODES, { ids: Object.values(ids) })).nodes).toEqual(all())
    for (const node of all()) expect((await caller().get(NODE, { id: node.id })).node).toEqual(node)
  })

  test.each([
    ['by a stranger', async () => stranger, []],
    ['by another partner', () => testService.seed.caller({ clientId: 'other', scopes: ['history:read'] }), []],
    ['by somebody who takes part no more, but themselves', async () => sam, ['User']],
  ])('not %s', async (_, caller, visible) => {
    const expected = all().map((node) => (visible.some((name) => name === node.__typename) ? node : null))
    expect((await (await caller()).get(NODES, { ids: Object.values(ids) })).nodes).toEqual(expected)
    for (const [index, { id }] of all().entries()) {
      expect((await (await caller()).get(NODE, { id })).node).toEqual(expected[index])
    }
  })

  test('with all that it has', async () => {
    const { nodes } = await bea.get(DETAILS, {
      ids: [ids['User'], ids['Transaction'], ids['Participant'], ids['Message'], ids['MessageSent']].map(String),
    })
    expect(nodes).toEqual([
      { displayName: 'Sam' },
      {
        title: 'A bicycle',
        participants: [{ role: 'BUYER' }],
        messages: { nodes: [{ content: null }, { content: 'third words' }] },
      },
      { role: 'SELLER', leftAt: expect.any(String), user: { displayName: 'Sam' }, transaction: { title: 'A bicycle' } },
      { content: 'third words', sender: { displayName: 'Sam' } },
      { actor: { displayName: 'Sam' }, message: { content: 'third words' } },
    ])
  })
})
