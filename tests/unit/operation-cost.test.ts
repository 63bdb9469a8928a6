import { getIntrospectionQuery, getOperationAST, parse, validate } from 'graphql'
import { describe, expect, test } from 'vitest'
import { costOf } from '../../src/graphql/operation-cost.js'
import { createSchema } from '../../src/graphql/schema.js'

const schema = createSchema()

function cost(query: string, variables: Record<string, unknown> = {}, operationName?: string): number {
  const document = parse(query)
  expect(validate(schema, document)).toEqual([])
  const operation = getOperationAST(document, operationName)
  if (!operation) throw new Error('There is no such operation')
  return costOf(schema, { document, operation, variables })
}

const messages = (args: string, selection = 'nodes { id }') =>
  `{ messages(transactionId: "txn_a"${args}) { ${selection} } }`
const FIRST = 'query ($first: Int, $last: Int) { transactions(first: $first, last: $last) { nodes { id } } }'

describe('an operation costs', () => {
  test.each([
    ['1 for a field', '{ viewer { id kind } }', 3],
    ['50 times what is below messages', messages(''), 1 + 50 * 2],
    ['50 times what is below a timeline', '{ transaction(id: "txn_a") { timeline { nodes { id } } } }', 1 + 1 + 50 * 2],
    ['20 times what is below transactions', '{ transactions { nodes { id } } }', 1 + 20 * 2],
    ['`first` times', messages(', first: 3'), 1 + 3 * 2],
    ['`last` times', messages(', last: 3'), 1 + 3 * 2],
    ['the usual number of times for null', messages(', first: null, last: null'), 1 + 50 * 2],
    ['`last` times beside a null', messages(', first: null, last: 2'), 1 + 2 * 2],
    ['as much with edges, and what is in them', messages(', first: 3', 'edges { cursor node { id } }'), 1 + 3 * 4],
    ['once what is below an empty page', messages(', first: 0'), 1 + 2],
    ['once what is below a page that the field refuses', messages(', first: -1'), 1 + 2],
    ['once what is below a page that is larger than any', messages(', first: 2147483647'), 1 + 2],
    ['5 times what is below a plain list', '{ transaction(id: "txn_a") { participants { id role } } }', 1 + 1 + 5 * 2],
    ['as often as it has ids what is below nodes', '{ nodes(ids: ["a", "b", "c"]) { id } }', 1 + 3],
    [
      'page times page',
      '{ transactions(first: 10) { nodes { messages(first: 10) { nodes { id } } } } }',
      1 + 10 * (1 + (1 + 10 * 2)),
    ],
    ['each alias', '{ a: transactions { nodes { id } } b: transactions { nodes { id } } }', 2 * (1 + 20 * 2)],
    [
      'each fragment',
      '{ viewer { ...V } ...Q } fragment V on Viewer { id kind } fragment Q on Query { viewer { id } }',
      5,
    ],
    [
      'each fragment, whatever its type',
      '{ node(id: "a") { ... on User { id } ... on Message { id content } ... { id } } }',
      1 + 1 + 2 + 1,
    ],
    [
      'what an interface has',
      '{ transaction(id: "a") { timeline(first: 2) { nodes { id actor { id } } } } }',
      2 + 2 * 4,
    ],
    ['what is skipped too', '{ viewer @skip(if: true) { id } }', 2],
    ['1 for introspection', getIntrospectionQuery(), 1],
    ['what an event has', 'subscription { messageAdded(transactionId: "txn_a") { cursor node { id } } }', 4],
    ['what an answer has', 'mutation { deleteMessage(input: { messageId: "msg_a" }) { message { id } } }', 3],
  ])('%s', (_, query, expected) => expect(cost(query)).toBe(expected))

  test.each([
    ['a variable', { first: 7 }, 1 + 7 * 2],
    ['another', { last: 9 }, 1 + 9 * 2],
    ['a null', { first: null }, 1 + 20 * 2],
    ['none', {}, 1 + 20 * 2],
  ])('what %s makes of it', (_, variables, expected) => expect(cost(FIRST, variables)).toBe(expected))

  test('what the default of a variable makes of it', () => {
    const query = 'query ($first: Int = 4) { transactions(first: $first) { nodes { id } } }'
    expect(cost(query)).toBe(1 + 4 * 2)
    expect(cost(query, { first: 5 })).toBe(1 + 5 * 2)
  })

  test('as many ids as a variable has', () => {
    const query = 'query ($ids: [ID!]!) { nodes(ids: $ids) { id __typename } }'
    expect(cost(query, { ids: Array(100).fill('a') })).toBe(1 + 100 * 2)
  })

  test('only itself, of several in a document', () => {
    const query =
      'query A { viewer { id } } query B { transactions { nodes { ...T } } } fragment T on Transaction { id }'
    expect(cost(query, {}, 'A')).toBe(2)
    expect(cost(query, {}, 'B')).toBe(1 + 20 * 2)
  })
})

test('2^30 spreads are added up in no time', () => {
  const fragments = Array.from({ length: 30 }, (_, i) => `fragment F${i} on Viewer { ...F${i + 1} ...F${i + 1} }`).join(
    ' ',
  )
  expect(cost(`{ viewer { ...F0 } } ${fragments} fragment F30 on Viewer { id }`)).toBe(1 + 2 ** 30)
})

test.each([
  ['a variable that does not fit', FIRST, { first: 'many' }],
  ['a variable that is missing', 'query ($ids: [ID!]!) { nodes(ids: $ids) { id } }', {}],
  ['a null where none may be', 'query ($ids: [ID!] = []) { nodes(ids: $ids) { id } }', { ids: null }],
])('%s has no cost, and is said to be wrong', (_, query, variables) => {
  expect(() => cost(query, variables)).toThrow(/Variable "\$|Argument "ids"/)
})
