import { parse } from 'graphql'
import { expect, test } from 'vitest'
import { rootFieldOf } from '../../src/graphql/root-field.js'

test.each([
  ['a field', '{ a b }', 'a'],
  ['an alias', '{ x: a }', 'a'],
  ['`__typename` first', 'mutation { __typename x: __typename a }', 'a'],
  ['an inline fragment', '{ ... { __typename a } b }', 'a'],
  ['a fragment', '{ ...F b } fragment F on Q { a }', 'a'],
  ['a fragment of nothing', '{ ...F ... { __typename } b } fragment F on Q { __typename }', 'b'],
  ['nothing but `__typename`', '{ __typename }', ''],
])('of an operation with %s', (_, query, expected) => expect(rootFieldOf({ document: parse(query) })).toBe(expected))

test('of the operation that is asked for', () => {
  expect(rootFieldOf({ document: parse('query A { a } query B { b }'), operationName: 'B' })).toBe('b')
})
