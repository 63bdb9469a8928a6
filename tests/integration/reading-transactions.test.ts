import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { graphql } from '../generated/gql.js'
import type { TransactionFilter } from '../generated/graphql.js'
import { type Caller, type Person, PLATFORM } from '../testkit/seed.js'
import { startTestService, type TestService } from '../testkit/service.js'

const LIST = graphql(`
  query TransactionsList($filter: TransactionFilter) {
    transactions(filter: $filter) {
      edges {
        node {
          id
        }
      }
      nodes {
        id
      }
    }
  }
`)

const ONE = graphql(`
  query TransactionsOne($id: ID!) {
    transaction(id: $id) {
      id
      title
      status
      statusChangedAt
      createdAt
      lastActivityAt
      messageCount
      viewerUnreadCount
      participants {
        role
        user {
          id
        }
        leftAt
      }
      viewerParticipant {
        role
        lastReadSequence
        lastReadAt
        user {
          id
        }
        transaction {
          id
        }
      }
    }
  }
`)

let testService: TestService
let bea: Person
let sam: Person
let partner: Caller
let platform: Caller

beforeAll(async () => {
  testService = await startTestService()
  const { seed } = testService
  ;[bea, sam] = [await seed.person('bea'), await seed.person('sam')]
  partner = await seed.caller({ clientId: 'shop', scopes: ['history:read'] })
  platform = await seed.caller({ scopes: ['platform'] })
  const people = { buyer: bea, seller: sam }
  const [quiet, paid, disputed] = [
    await seed.deal('quiet', people),
    await seed.deal('paid', people, { partnerClientId: 'shop' }),
    await seed.deal('disputed', people, { partnerClientId: 'other' }),
  ]
  await seed.deal('sams', { seller: sam }, { partnerClientId: 'shop' })
  const left = await seed.deal('left', people)
  await paid.changeStatus('FUNDED')
  await disputed.changeStatus('DISPUTED', 'An arbiter comes.')
  await sam.say(quiet, 'Anybody there?')
  await bea.say(paid, 'I have read all.')
  await sam.say(left, 'Goodbye, Bea')
  await left.seat({ seller: sam })
})
afterAll(() => testService.close())

async function list(caller: Caller, filter?: TransactionFilter): Promise<string[]> {
  const { transactions } = await caller.get(LIST, { filter: filter ?? null })
  expect(transactions.edges.map(({ node }) => node)).toEqual(transactions.nodes)
  return transactions.nodes.map(({ id }) => id.replace('txn_', ''))
}

describe('transactions are listed, the latest activity first', () => {
  test.each([
    ['for a person those in which they take part', () => bea, ['paid', 'quiet', 'disputed']],
    ['for another person theirs', () => sam, ['left', 'paid', 'quiet', 'disputed', 'sams']],
    ['for a partner those of its own', () => partner, ['paid', 'sams']],
    ['for the platform all', () => platform, ['left', 'paid', 'quiet', 'disputed', 'sams']],
  ])('%s', async (_, caller, expected) => {
    expect(await list(caller())).toEqual(expected)
  })

  test.each<[string, TransactionFilter, string[]]>([
    ['with an empty filter', {}, ['paid', 'quiet', 'disputed']],
    ['by status', { statuses: ['DISPUTED'] }, ['disputed']],
    ['by several statuses', { statuses: ['DISPUTED', 'DRAFT'] }, ['quiet', 'disputed']],
    ['by no status', { statuses: [] }, []],
    ['with unread messages', { unread: true }, ['quiet', 'disputed']],
    ['without unread messages', { unread: false }, ['paid']],
    ['by both', { unread: true, statuses: ['DRAFT', 'FUNDED'] }, ['quiet']],
  ])('%s', async (_, filter, expected) => {
    expect(await list(bea, filter)).toEqual(expected)
  })

  test('for whoever takes no part, nothing is unread', async () => {
    expect(await list(partner, { unread: true })).toEqual([])
    expect(await list(partner, { unread: false })).toEqual(['paid', 'sams'])
    expect(await list(platform, { unread: true })).toEqual([])
  })
})

describe('a transaction', () => {
  const disputed = {
    id: 'txn_disputed',
    title: 'The deal disputed',
    status: 'DISPUTED',
    messageCount: 1,
    participants: [
      { role: 'BUYER', user: { id: 'usr_bea' }, leftAt: null },
      { role: 'SELLER', user: { id: 'usr_sam' }, leftAt: null },
    ],
  }

  test('is read with its people and the viewer’s own seat', async () => {
    const { transaction } = await bea.get(ONE, { id: 'txn_disputed' })
    expect(transaction).toMatchObject({
      ...disputed,
      viewerUnreadCount: 1,
      viewerParticipant: {
        role: 'BUYER',
        lastReadSequence: 0,
        lastReadAt: null,
        user: { id: 'usr_bea' },
        transaction: { id: 'txn_disputed' },
      },
    })
    const { createdAt = '', statusChangedAt, lastActivityAt } = transaction ?? {}
    expect(statusChangedAt).toBe(lastActivityAt)
    expect(Date.parse(createdAt)).toBeLessThan(Date.parse(lastActivityAt ?? ''))
  })

  test.each([
    ['a partner', () => testService.seed.caller({ clientId: 'other', scopes: ['history:read'] })],
    ['the platform', async () => platform],
  ])('is read by %s, who has no seat and nothing unread', async (_, caller) => {
    const { transaction } = await (await caller()).get(ONE, { id: 'txn_disputed' })
    expect(transaction).toMatchObject({ ...disputed, viewerUnreadCount: 0, viewerParticipant: null })
  })

  test('shows those who take part at present, in the order in which they joined', async () => {
    const ana = await testService.seed.person('ana')
    const deal = await testService.seed.deal('coming-and-going', { seller: sam, buyer: bea })
    await deal.seat({ agent: ana, buyer: bea })
    const { transaction } = await bea.get(ONE, { id: deal.id })
    expect(transaction?.participants.map(({ user }) => user.id)).toEqual([bea.id, ana.id])
  })

  test('has the latest activity of its messages and its status, not of who comes and goes', async () => {
    const deal = await testService.seed.deal('active', { buyer: bea })
    const { createdAt } = await bea.say(deal, 'Hello')
    await deal.seat({ buyer: bea, seller: sam })
    await testService.service.services.user.upsert(PLATFORM, { key: 'bea', displayName: 'bea' })
    const { transaction } = await bea.get(ONE, { id: deal.id })
    expect(transaction?.lastActivityAt).toBe(createdAt.toISOString())
  })
})

test.each([['txn_nowhere'], ['txn_sams'], ['txn_left'], ['txn_a b'], ['usr_bea'], ['']])(
  'no transaction is %j for her',
  async (id) => {
    expect(await bea.get(ONE, { id })).toEqual({ transaction: null })
  },
)
