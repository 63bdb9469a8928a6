import { readFileSync } from 'node:fs'
import {
  buildSchema,
  findBreakingChanges,
  type GraphQLSchema,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isObjectType,
  isSpecifiedScalarType,
  lexicographicSortSchema,
  printSchema,
} from 'graphql'
import { describe, expect, test } from 'vitest'
import { createSchema } from '../../src/graphql/schema.js'

const schema = createSchema()

interface Described {
  readonly description?: string | null | undefined
}

/** Everything in a schema that a caller meets and that nothing is said of. */
function undescribed(of: GraphQLSchema): string[] {
  const missing: string[] = []
  const check = (name: string, { description }: Described) => {
    if (!description?.trim()) missing.push(name)
  }
  for (const type of Object.values(of.getTypeMap())) {
    if (isIntrospectionType(type) || isSpecifiedScalarType(type)) continue
    check(type.name, type)
    if (isEnumType(type)) for (const value of type.getValues()) check(`${type.name}.${value.name}`, value)
    if (isInputObjectType(type)) {
      for (const field of Object.values(type.getFields())) check(`${type.name}.${field.name}`, field)
    }
    if (isObjectType(type) || isInterfaceType(type)) {
      for (const field of Object.values(type.getFields())) {
        check(`${type.name}.${field.name}`, field)
        for (const arg of field.args) check(`${type.name}.${field.name}(${arg.name})`, arg)
      }
    }
  }
  return missing
}

describe('every type, field, argument and enum value of the schema', () => {
  test('has a description', () => {
    expect(undescribed(schema)).toEqual([])
  })

  test('is looked at', () => {
    const bare = buildSchema(`
      type Query implements I { a(b: In): E c: S }
      interface I { c: S }
      input In { d: Int }
      enum E { F }
      scalar S
    `)
    expect(undescribed(bare).sort()).toEqual(
      ['Query', 'Query.a', 'Query.a(b)', 'Query.c', 'I', 'I.c', 'In', 'In.d', 'E', 'E.F', 'S'].sort(),
    )
  })
})

describe('schema.graphql', () => {
  test('is what the service serves', () => {
    expect(readFileSync('schema.graphql', 'utf8')).toBe(`${printSchema(schema)}\n`)
  })

  test('is sorted', () => {
    expect(printSchema(schema)).toBe(printSchema(lexicographicSortSchema(schema)))
  })
})

describe('the public contract', () => {
  const contract = readFileSync(new URL('contract.graphql', import.meta.url), 'utf8')
  const broken = (by: GraphQLSchema, promised = contract) =>
    findBreakingChanges(buildSchema(promised), by).map(({ description }) => description)

  test('is kept', () => {
    expect(broken(schema)).toEqual([])
  })

  test.each([
    ['a type that is missing', /\bUser\b/g, 'Person', 'Person was removed.'],
    ['a field that is missing', 'messageCount: Int!', 'amount: Int!', 'Transaction.amount was removed.'],
    ['a field that may be null', /content: String$/gm, 'content: String!', 'Message.content changed type'],
    ['a field of another type', 'sequence: Int!', 'sequence: String!', 'Message.sequence changed type'],
    ['an argument that is missing', 'before: String,', 'until: String,', 'arg until was removed.'],
    ['an enum value that is missing', 'DISPUTED', 'CONTESTED', 'CONTESTED was removed from enum type'],
    ['an input that must be given', 'clientMessageId: String', 'key: String', 'SendMessageInput.key was removed.'],
    ['an interface that is missing', 'type PageInfo {', 'type PageInfo implements Node { id: ID!', 'PageInfo'],
  ])('knows %s', (_, pattern, replacement, description) => {
    expect(broken(schema, contract.replaceAll(pattern, replacement)).join('\n')).toContain(description)
  })
})
