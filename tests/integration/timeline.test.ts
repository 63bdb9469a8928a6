import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { graphql } from '../generated/gql.js'
import type { TimelineReadQuery } from '../generated/graphql.js'
import type { Caller, Deal, Person } from '../testkit/seed.js'
import { startTestService, type TestService } from '../testkit/service.js'

const TIMELINE = graphql(`
  query TimelineRead {
    transaction(id: "txn_deal") {
      timeline {
        nodes {
          __typename
          id
          position
          occurredAt
          actor {
            id
          }
          ... on MessageSent {
            content
            message {
              content
              deletedAt
              sender {
                displayName
              }
            }
          }
          ... on MessageEdited {
            content
            message {
              content
              version
            }
          }
          ... on MessageDeleted {
            message {
              content
              version
            }
          }
          ... on StatusChanged {
            previousStatus
            status
            text: message
            transaction {
              id
            }
          }
          ... on ParticipantJoined {
            role
            user {
              displayName
            }
          }
          ... on ParticipantLeft {
            role
            user {
              displayName
            }
          }
        }
      }
    }
  }
`)

let testService: TestService
let bea: Person
let ari: Person
let deal: Deal

beforeAll(async () => {
  testService = await startTestService()
  const { seed } = testService
  bea = await seed.person('bea', 'Bea')
  const sam = await seed.person('sam', 'Sam')
  ari = await seed.person('ari', 'Ari')
  deal = await seed.deal('deal', { buyer: bea, seller: sam, arbiter: ari }, { partnerClientId: 'shop' })
  const said = await bea.say(deal, 'first words')
  const { message } = testService.service.services
  await message.edit(bea.viewer, said.id, 'second words')
  await deal.changeStatus('FUNDED', 'The money is there.')
  await message.delete(bea.viewer, said.id)
  await sam.say(deal, 'What was that?')
  await deal.seat({ buyer: bea, agent: sam, arbiter: ari })
})
afterAll(() => testService.close())

type Entry = NonNullable<TimelineReadQuery['transaction']>['timeline']['nodes'][number]

async function entriesFor(person: Caller): Promise<Entry[]> {
  return (await person.get(TIMELINE, {})).transaction?.timeline.nodes ?? []
}

test('every kind of entry is told, in the order in which it happened', async () => {
  const tombstone = { content: null, deletedAt: expect.any(String), sender: { displayName: 'Bea' } }
  const entries = await entriesFor(bea)
  expect(entries.map(({ occurredAt: _, id: _id, position: _position, ...entry }) => entry)).toEqual([
    {
      __typename: 'StatusChanged',
      actor: null,
      previousStatus: null,
      status: 'DRAFT',
      text: null,
      transaction: { id: 'txn_deal' },
    },
    { __typename: 'ParticipantJoined', actor: null, role: 'BUYER', user: { displayName: 'Bea' } },
    { __typename: 'ParticipantJoined', actor: null, role: 'SELLER', user: { displayName: 'Sam' } },
    { __typename: 'ParticipantJoined', actor: null, role: 'ARBITER', user: { displayName: 'Ari' } },
    { __typename: 'MessageSent', actor: { id: 'usr_bea' }, content: null, message: tombstone },
    { __typename: 'MessageEdited', actor: { id: 'usr_bea' }, content: null, message: { content: null, version: 9 } },
    {
      __typename: 'StatusChanged',
      actor: null,
      previousStatus: 'DRAFT',
      status: 'FUNDED',
      text: 'The money is there.',
      transaction: { id: 'txn_deal' },
    },
    {
      __typename: 'MessageSent',
      actor: null,
      content: 'The money is there.',
      message: { content: 'The money is there.', deletedAt: null, sender: null },
    },
    { __typename: 'MessageDeleted', actor: { id: 'usr_bea' }, message: { content: null, version: 9 } },
    {
      __typename: 'MessageSent',
      actor: { id: 'usr_sam' },
      content: 'What was that?',
      message: { content: 'What was that?', deletedAt: null, sender: { displayName: 'Sam' } },
    },
    { __typename: 'ParticipantLeft', actor: null, role: 'SELLER', user: { displayName: 'Sam' } },
    { __typename: 'ParticipantJoined', actor: null, role: 'AGENT', user: { displayName: 'Sam' } },
  ])
  expect(entries.map(({ position }) => position)).toEqual(entries.map((_, index) => index + 1))
  expect(entries.map(({ id }) => id)).toEqual(entries.map((_, index) => `evt_${index + 1}.deal`))
  const instants = entries.map(({ occurredAt }) => occurredAt)
  expect(instants).toEqual(instants.toSorted())
})

describe('what a deleted message said', () => {
  const said = (entries: Entry[]) =>
    entries.flatMap((entry) =>
      'content' in entry && [5, 6].includes(entry.position) ? [[entry.content, entry.message.content]] : [],
    )

  test.each([
    ['a participant sees nothing of it', async () => bea, [null, null]],
    ['an arbiter sees it', async () => ari, ['first words', 'second words']],
    ['the platform sees it', () => testService.seed.caller({ scopes: ['platform'] }), ['first words', 'second words']],
    [
      'a partner sees nothing of it',
      () => testService.seed.caller({ clientId: 'shop', scopes: ['history:read'] }),
      [null, null],
    ],
  ])('%s', async (_, person, [sent, edited]) => {
    // The message itself is a tombstone for everyone.
    expect(said(await entriesFor(await person()))).toEqual([
      [sent, null],
      [edited, null],
    ])
  })

  test('an arbiter who becomes an agent sees nothing of it any more', async () => {
    await deal.seat({ buyer: bea, agent: ari })
    expect(said(await entriesFor(ari))).toEqual([
      [null, null],
      [null, null],
    ])
  })
})
