import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Kind, type OperationDefinitionNode, type TypeNode } from 'graphql'
import { describe, expect, test } from 'vitest'
import { loadConfig } from '../../src/config/config.js'
import { DocumentReader } from '../../src/graphql/document-reader.js'
import { costOf } from '../../src/graphql/operation-cost.js'
import { createSchema } from '../../src/graphql/schema.js'
import { EXAMPLE } from '../../src/transport/playground-example.js'
import { readDocuments } from './markdown.js'

// What we show to people stays well within what we allow them.

const MAX_COST = 2_500

const schema = createSchema()
const { limits } = loadConfig({})
const reader = new DocumentReader({ schema, allowsIntrospection: false, limits })

interface Shown {
  readonly where: string
  readonly query: string
}

const programs = readdirSync('examples', { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts') && !path.includes('node_modules') && !path.includes('generated'))
  .map((path) => join('examples', path))

const shown: Shown[] = [
  { where: 'the playground', query: EXAMPLE },
  ...readDocuments().flatMap(({ path, blocks }) =>
    blocks.flatMap(({ language, text, line }) => {
      const where = `${path}:${line}`
      return language === 'graphql' ? [{ where, query: text }] : documentsIn(text).map((query) => ({ where, query }))
    }),
  ),
  ...programs.flatMap((path) => documentsIn(readFileSync(path, 'utf8')).map((query) => ({ where: path, query }))),
]

/** The operations in the strings of a program, or of a command. */
function documentsIn(program: string): string[] {
  return [...program.matchAll(/([`'])\s*((?:query|mutation|subscription)\b[^`']*\{[^`']*)\1/g)].map(
    ([, , query = '']) => query,
  )
}

/** The most that a caller would fill in. */
function fullest({ variableDefinitions = [] }: OperationDefinitionNode): Record<string, unknown> {
  return Object.fromEntries(
    variableDefinitions.map(({ variable, type }) => [variable.name.value, fillingOf(type, variable.name.value)]),
  )
}

function fillingOf(type: TypeNode, name: string): unknown {
  if (type.kind === Kind.NON_NULL_TYPE) return fillingOf(type.type, name)
  if (type.kind === Kind.LIST_TYPE) return Array(limits.maxPageSize).fill(fillingOf(type.type, name))
  if (type.name.value === 'Int') return limits.maxPageSize
  return ['ID', 'String'].includes(type.name.value) ? 'x' : undefined
}

test('there is something to look at in each place', () => {
  const places = new Set(shown.map(({ where }) => where.replace(/:\d+$/, '')))
  for (const place of ['the playground', 'docs/guide.md', 'examples/resume/README.md']) expect(places).toContain(place)
  expect(shown.length).toBeGreaterThan(20)
})

describe.each(shown)('what $where shows', ({ query }) => {
  test('breaks no limit, and costs half of what it may at the most', () => {
    const { document, errors } = reader.read(query)
    expect(errors).toEqual([])
    for (const operation of document.definitions) {
      if (operation.kind !== Kind.OPERATION_DEFINITION) continue
      // Inputs don't cost.
      const free = { ...operation, variableDefinitions: (operation.variableDefinitions ?? []).filter(isPlain) }
      const variables = fullest(free)
      expect(costOf(schema, { document, operation: free, variables })).toBeLessThan(MAX_COST)
    }
  })
})

function isPlain({ type, variable }: NonNullable<OperationDefinitionNode['variableDefinitions']>[number]): boolean {
  return fillingOf(type, variable.name.value) !== undefined
}

test('an operation of a program is found', () => {
  expect(documentsIn("const a = `query A { b }`, c = 'mutation ($d: E!) { f(g: $d) { h } }', i = 'a query {'")).toEqual(
    ['query A { b }', 'mutation ($d: E!) { f(g: $d) { h } }'],
  )
})
