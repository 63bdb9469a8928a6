import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { encodeCursor } from '../../src/chat/timeline/timeline-cursor.js'
import { graphql } from '../generated/gql.js'
import { refusalOf } from '../testkit/http-client.js'
import type { Person } from '../testkit/seed.js'
import { startTestService, type TestService } from '../testkit/service.js'

const MESSAGES = graphql(`
  query BadPagesMessages($first: Int, $after: String, $last: Int, $before: String, $filter: MessageFilter) {
    messages(
      transactionId: "txn_deal"
      first: $first
      after: $after
      last: $last
      before: $before
      filter: $filter
    ) {
      nodes {
        id
      }
    }
  }
`)

const DEAL_MESSAGES = graphql(`
  query BadPagesDealMessages($first: Int, $after: String, $last: Int, $before: String) {
    transaction(id: "txn_deal") {
      messages(first: $first, after: $after, last: $last, before: $before) {
        nodes {
          id
        }
      }
    }
  }
`)

const TIMELINE = graphql(`
  query BadPagesTimeline($first: Int, $after: String, $last: Int, $before: String) {
    transaction(id: "txn_deal") {
      timeline(first: $first, after: $after, last: $last, before: $before) {
        nodes {
          id
        }
      }
    }
  }
`)

const TRANSACTIONS = graphql(`
  query BadPagesTransactions($first: Int, $after: String, $last: Int, $before: String) {
    transactions(first: $first, after: $after, last: $last, before: $before) {
      nodes {
        id
      }
    }
  }
`)

interface PageArgs {
  readonly first?: number
  readonly after?: string
  readonly last?: number
  readonly before?: string
}

let testService: TestService
let bea: Person

beforeAll(async () => {
  testService = await startTestService()
  bea = await testService.seed.person('bea')
  const deal = await testService.seed.deal('deal', { buyer: bea })
  await testService.seed.deal('other', { buyer: bea })
  await bea.say(deal, 'Hello') // at position 3
})
afterAll(() => testService.close())

const base64url = (text: string) => Buffer.from(text).toString('base64url')

const BAD_ARGUMENTS: [what: string, args: PageArgs, refusal: Record<string, unknown>][] = [
  ['`first` with `last`', { first: 1, last: 1 }, { field: 'last' }],
  ['a negative `first`', { first: -1 }, { field: 'first' }],
  ['a negative `last`', { last: -1 }, { field: 'last' }],
  ['`first` beyond the limit', { first: 101 }, { field: 'first', limit: 100 }],
  ['`last` beyond the limit', { last: 2_147_483_647 }, { field: 'last', limit: 100 }],
]

const MADE_UP = [
  '',
  'x',
  '3',
  '☃',
  base64url(''),
  base64url('3'),
  base64url('3.'),
  base64url('.deal'),
  base64url('03.deal'),
  base64url('-1.deal'),
  base64url('3e0.deal'),
  base64url('99999999999999999999.deal'),
  base64url('3.d\0al'),
  base64url('3.deal\n'),
  `${base64url('3.deal')}=`,
  ` ${base64url('3.deal')}`,
  "3.deal' OR 1=1 --",
]

describe.each([
  ['messages', (args: PageArgs) => bea.ask(MESSAGES, args)],
  ['Transaction.messages', (args: PageArgs) => bea.ask(DEAL_MESSAGES, args)],
  ['Transaction.timeline', (args: PageArgs) => bea.ask(TIMELINE, args)],
  ['transactions', (args: PageArgs) => bea.ask(TRANSACTIONS, args)],
])('%s', (_, ask) => {
  test.each(BAD_ARGUMENTS)('refuses %s', async (_what, args, refusal) => {
    expect(refusalOf(await ask(args))).toEqual({ code: 'BAD_USER_INPUT', ...refusal })
  })

  test.each(MADE_UP)('refuses the made-up cursor %j', async (cursor) => {
    expect(refusalOf(await ask({ after: cursor }))).toEqual({ code: 'BAD_USER_INPUT', field: 'after' })
    expect(refusalOf(await ask({ before: cursor }))).toEqual({ code: 'BAD_USER_INPUT', field: 'before' })
  })

  test('takes the largest page', async () => {
    expect((await ask({ first: 100 })).errors).toEqual([])
    expect((await ask({ last: 100 })).errors).toEqual([])
  })
})

describe.each([
  ['messages', (args: PageArgs) => bea.ask(MESSAGES, args)],
  ['Transaction.messages', (args: PageArgs) => bea.ask(DEAL_MESSAGES, args)],
  ['Transaction.timeline', (args: PageArgs) => bea.ask(TIMELINE, args)],
])('%s', (_, ask) => {
  test.each([
    ["another transaction's", encodeCursor('other', 1), 'another transaction'],
    ["a transaction's that is not there", encodeCursor('nowhere', 1), 'another transaction'],
    ['ahead of the timeline', encodeCursor('deal', 4), 'ahead of the timeline'],
    ['far ahead of the timeline', encodeCursor('deal', 9_999_999_999), 'ahead of the timeline'],
  ])('refuses a cursor that is %s', async (_what, cursor, reason) => {
    const answer = await ask({ after: cursor })
    expect(refusalOf(answer)).toEqual({ code: 'BAD_USER_INPUT', field: 'after' })
    expect(answer.errors[0]?.message).toContain(reason)
    expect(refusalOf(await ask({ before: cursor }))).toEqual({ code: 'BAD_USER_INPUT', field: 'before' })
  })
})

test.each([
  ['yesterday'],
  ['2026-13-01T00:00:00Z'],
  ['2026-01-01'],
  [''],
  ['0000-12-31T23:59:59.999Z'],
  ['0001-01-01T00:00:00.000+00:01'],
  ['9999-12-31T23:59:59.999-00:01'],
])('an instant can not be %j', async (instant) => {
  const { data, errors } = await bea.ask(MESSAGES, { filter: { sentAfter: instant } })
  expect(data).toBeUndefined()
  expect(errors.map(({ extensions }) => extensions)).toEqual([{ code: 'BAD_USER_INPUT' }])
})

test.each([
  ['0001-01-01T00:00:00.000Z', 0],
  ['9999-12-31T23:59:59.999Z', 1],
])('an instant can be %s', async (instant, count) => {
  const { messages } = await bea.get(MESSAGES, { filter: { sentBefore: instant } })
  expect(messages.nodes).toHaveLength(count)
})
