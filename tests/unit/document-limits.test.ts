import { getIntrospectionQuery, parse } from 'graphql'
import { describe, expect, test } from 'vitest'
import { OperationTooComplexError } from '../../src/errors.js'
import { checkDocument, type DocumentLimits } from '../../src/graphql/document-limits.js'

const LIMITS: DocumentLimits = { maxQueryDepth: 3, maxQueryAliases: 2, maxQueryDirectives: 2 }

/** Which limit a document breaks; null: none. */
function broken(document: string, limits: Partial<DocumentLimits> = {}): string | null {
  try {
    checkDocument(parse(document), { ...LIMITS, ...limits })
    return null
  } catch (error) {
    if (!(error instanceof OperationTooComplexError)) throw error
    expect(error.message).not.toMatch(/\d/)
    return /deeply|aliases|directives|mutation|again/.exec(error.message)?.[0] ?? error.message
  }
}

const many = (times: number, part: (index: number) => string) =>
  Array.from({ length: times }, (_, i) => part(i)).join(' ')

describe('depth', () => {
  test.each([
    ['as deep as may be', '{ a { b { c } } }', null],
    ['a level deeper', '{ a { b { c { d } } } }', 'deeply'],
    ['deeper in one place of many', '{ x a { x b { x c { d } } y } }', 'deeply'],
    ['as deep as may be, with inline fragments', '{ ... { a { ... on A { b { ... { c } } } } } }', null],
    ['deeper by an inline fragment', '{ a { b { ... { c { d } } } } }', 'deeply'],
    ['as deep as may be, with fragments', '{ ...Q } fragment Q on Q { a { ...A } } fragment A on A { b { c } }', null],
    ['deeper by fragments', '{ ...Q } fragment Q on Q { a { ...A } } fragment A on A { b { c { d } } }', 'deeply'],
    ['deeper in the second of two operations', 'query A { a } query B { a { b { c { d } } } }', 'deeply'],
    ['deeper in a fragment that nobody spreads', '{ a } fragment A on A { a { b { c { d } } } }', 'deeply'],
    ['of a fragment that is not there', '{ a { b { ...C } } }', null],
    ['deep below introspection', '{ __schema { a { b { c { d } } } } a { b { c } } }', null],
    ['deep beside introspection', '{ __schema { a } a { b { c { d } } } }', 'deeply'],
    ['deep behind a name like introspection', '{ __schema: a { b { c { d } } } }', 'deeply'],
  ])('%s', (_, document, expected) => expect(broken(document)).toBe(expected))

  test('of the introspection query does not count', () => expect(broken(getIntrospectionQuery())).toBeNull())
})

describe('aliases', () => {
  test.each([
    ['as many as may be', '{ a: x b: x { y } }', null],
    ['one more', '{ a: x { b: y { c: z } } }', 'aliases'],
    ['in a fragment that is spread twice', '{ ...A b { ...A } } fragment A on A { a: x }', null],
    ['in a fragment that is spread three times', '{ ...A b { ...A } c { ...A } } fragment A on A { a: x }', 'aliases'],
    ['in introspection', '{ a: __schema { x } b: __schema { x } c: __schema { x } }', 'aliases'],
  ])('%s', (_, document, expected) => expect(broken(document)).toBe(expected))

  test('none at all may be allowed', () => {
    expect(broken('{ x }', { maxQueryAliases: 0 })).toBeNull()
    expect(broken('{ x: x }', { maxQueryAliases: 0 })).toBe('aliases')
  })
})

describe('directives', () => {
  test.each([
    ['as many as may be', '{ a @x b @x }', null],
    ['one more', '{ a @x @x @x }', 'directives'],
    ['on an operation', 'query @x @x { a @x }', 'directives'],
    ['on variables', 'query ($a: A @x, $b: B @x) { a @x }', 'directives'],
    ['on inline fragments', '{ ... @x { a } ... @x { b } ... @x { c } }', 'directives'],
    ['on spreads', '{ ...A @x b { ...A @x } c { ...A @x } } fragment A on A { a }', 'directives'],
    [
      'on a fragment that is spread three times',
      '{ ...A b { ...A } c { ...A } } fragment A on A @x { a }',
      'directives',
    ],
  ])('%s', (_, document, expected) => expect(broken(document)).toBe(expected))
})

describe('a mutation takes one field', () => {
  test.each([
    ['one', 'mutation { a { b c } }', null],
    ['one, and `__typename`', 'mutation { __typename a x: __typename }', null],
    ['two', 'mutation { a b }', 'mutation'],
    ['twice the same', 'mutation { a a }', 'mutation'],
    ['two under one name', 'mutation { a: x b: x }', 'mutation'],
    ['two by a fragment', 'mutation { a ...M } fragment M on M { b }', 'mutation'],
    ['one fragment twice', 'mutation { ...M ...M } fragment M on M { a }', 'mutation'],
    ['two by an inline fragment', 'mutation { ... { a b } }', 'mutation'],
    ['two in queries', '{ a b }', null],
  ])('%s', (_, document, expected) => expect(broken(document)).toBe(expected))
})

describe('fields that are asked for again', () => {
  test.each([
    ['as often as may be', `{ ${'a '.repeat(101)} }`, null],
    ['once more', `{ ${'a '.repeat(102)} }`, 'again'],
    ['in many places', many(3, (i) => `query A${i} { ${'a '.repeat(35)} }`), 'again'],
    ['in inline fragments', `{ ${'... { a } '.repeat(102)} }`, 'again'],
    [
      'in several fragments',
      `{ ${many(102, (i) => `...F${i}`)} } ${many(102, (i) => `fragment F${i} on Q { a }`)}`,
      'again',
    ],
    ['under many names', `{ ${many(500, (i) => `a${i}`)} }`, null],
  ])('%s', (_, document, expected) => expect(broken(document)).toBe(expected))
})

test.each([
  ['a circle', '{ ...A } fragment A on A { a { ...B } } fragment B on B { b { ...A } }'],
  ['a fragment in itself', '{ ...A } fragment A on A { a { ...A } }'],
  [
    'fragments that are spread 2^60 times',
    `{ ...F0 } ${many(60, (i) => `fragment F${i} on A { ...F${i + 1} ...F${i + 1} }`)}`,
  ],
])('%s is measured all the same, in no time', (_, document) => expect(broken(document)).toBeNull())

test('what 2^60 spreads would ask for is counted as often', () => {
  const fragments = many(60, (i) => `fragment F${i} on A { ...F${i + 1} ...F${i + 1} }`)
  expect(broken(`{ ...F0 } ${fragments} fragment F60 on A { a: x }`)).toBe('aliases')
})
