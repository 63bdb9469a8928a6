import { type GraphQLObjectType, isEnumType, isObjectType } from 'graphql'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createSchema } from '../../src/graphql/schema.js'
import { type Answer, DOORS, type Door } from './doors.js'
import {
  fieldOf,
  NODE_FIELDS,
  NODE_TYPES,
  type Outcome,
  outcomeFor,
  ROOT_FIELDS,
  type RootRow,
  type Row,
  SUBSCRIPTION_OVER_HTTP,
} from './expected.js'
import { HAPPENINGS, isSubscription } from './happenings.js'
import { QUESTIONS, type Question } from './questions.js'
import { isLetIn, STANDING_FOR, VIEWER_KINDS, type ViewerKind } from './viewer-kinds.js'
import { STARTS_WITHIN_MS, startWorld, type World } from './world.js'

// Every kind of viewer, every root field and type of node, both doors.

const schema = createSchema()
const rootTypes = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()].filter(isObjectType)
const rootFields = rootTypes.flatMap((type) => fieldsOf(type))
const nodeTypes = Object.values(schema.getTypeMap())
  .filter(isObjectType)
  .filter((type) => type.getInterfaces().some(({ name }) => name === 'Node'))
  .map(({ name }) => name)

function fieldsOf(type: GraphQLObjectType): string[] {
  return Object.keys(type.getFields()).map((field) => `${type.name}.${field}`)
}

/** What one kind of viewer gets at one door. */
interface Cell {
  readonly kind: ViewerKind
  readonly door: Door
  readonly outcome: Outcome
}

function cellsOf(row: Row, doors: readonly Door[] = DOORS): Cell[] {
  return doors.flatMap((door) => VIEWER_KINDS.map((kind) => ({ kind, door, outcome: outcomeFor(row, kind) })))
}

function named(cells: readonly Cell[]): [name: string, cell: Cell][] {
  return cells.map((cell) => [`${cell.kind} over ${cell.door}: ${cell.outcome}`, cell])
}

const rows = Object.keys(ROOT_FIELDS) as RootRow[]
const subscriptions = rows.filter(isSubscription)
const asked = rows.filter((row) => !isSubscription(row)) as (keyof typeof QUESTIONS)[]
const cellCount = (rows.length + NODE_FIELDS.length * nodeTypes.length) * VIEWER_KINDS.length * DOORS.length

let world: World
/** All that is stored; null when that isn't known, because somebody changed something who may. */
let stored: unknown = null

beforeAll(async () => {
  world = await startWorld()
}, STARTS_WITHIN_MS)
afterAll(() => world.close())

/** Fails unless the answer is what the table says. */
function expectOutcome({ data, errors = [] }: Answer, { outcome, kind }: Cell, { seen, nothing }: Partial<Question>) {
  const codes = errors.map(({ extensions }) => extensions?.['code'])
  switch (outcome) {
    case 'sees':
    case 'does':
      return expect({ codes, data }).toEqual({ codes: [], data: seen?.(world, kind) })
    case 'sees nothing':
      return expect({ codes, data }).toEqual({ codes: [], data: nothing })
    default:
      expect({ codes, data: data ?? null }).toEqual({ codes: [outcome], data: null })
  }
}

describe('the table', () => {
  test('has a row for every root field, and none for anything else', () => {
    const named = new Set([...Object.keys(ROOT_FIELDS).map(fieldOf), ...NODE_FIELDS])
    expect([...named].sort()).toEqual(rootFields.toSorted())
  })

  test('has a row for every type of node, and none for anything else', () => {
    expect(Object.keys(NODE_TYPES).sort()).toEqual(nodeTypes.sort())
  })

  test.each(Object.entries(STANDING_FOR))('has a kind of viewer for every %s', (enumName, viewers) => {
    const type = schema.getType(enumName)
    expect(isEnumType(type) && type.getValues().map(({ name }) => name)).toEqual(Object.keys(viewers).sort())
  })

  test('says one thing for every kind of viewer', () => {
    const all: Row[] = [...Object.values(ROOT_FIELDS), ...Object.values(NODE_TYPES), SUBSCRIPTION_OVER_HTTP]
    for (const row of all) for (const kind of VIEWER_KINDS) outcomeFor(row, kind)
  })
})

describe(`the matrix: ${cellCount} cells`, () => {
  describe.each(asked)('%s', (row) => {
    test.each(named(cellsOf(ROOT_FIELDS[row])))('%s', async (_, cell) => {
      const { kind, door, outcome } = cell
      const question = QUESTIONS[row]
      const mustChangeNothing = row.startsWith('Mutation.') && outcome !== 'does'
      if (outcome === 'does') stored = null
      else if (mustChangeNothing) stored ??= await world.state()
      expectOutcome(await world.ask(kind, door, question.ask(world, kind)), cell, question)
      if (mustChangeNothing) expect(await world.state()).toEqual(stored)
    })
  })

  describe.each(nodeTypes)('Query.node of %s', (typeName) => {
    test.each(named(cellsOf(NODE_TYPES[typeName] ?? {})))('%s', async (_, cell) => {
      const id = world.ids[typeName]
      const answer = await world.ask(cell.kind, cell.door, `{ node(id: "${id}") { __typename id } }`)
      expectOutcome(answer, cell, { seen: () => ({ node: { __typename: typeName, id } }), nothing: { node: null } })
    })
  })

  describe.each(nodeTypes)('Query.nodes of %s', (typeName) => {
    test.each(named(cellsOf(NODE_TYPES[typeName] ?? {})))('%s', async (_, cell) => {
      const id = world.ids[typeName]
      const answer = await world.ask(cell.kind, cell.door, `{ nodes(ids: ["usr_nobody", "${id}"]) { __typename id } }`)
      const seen = () => ({ nodes: [null, { __typename: typeName, id }] })
      expectOutcome(answer, cell, { seen, nothing: { nodes: [null, null] } })
    })
  })

  describe.each(subscriptions)('%s', (row) => {
    const { ask, happen, seen, elsewhere } = HAPPENINGS[row]

    test.each(named(cellsOf(SUBSCRIPTION_OVER_HTTP, ['HTTP'])))('%s', async (_, cell) => {
      expectOutcome(await world.ask(cell.kind, 'HTTP', ask), cell, {})
    })

    test.each(named(cellsOf(ROOT_FIELDS[row], ['WebSocket'])))('%s', async (_, cell) => {
      const { kind, outcome } = cell
      if (!isLetIn(kind)) return expectOutcome(await world.ask(kind, 'WebSocket', ask), cell, {})
      const { refusal, next, stop } = await world.socket(kind).subscribe(ask)
      if (refusal || (outcome !== 'sees' && outcome !== 'sees nothing')) return expectOutcome(refusal ?? {}, cell, {})
      await happen(world)
      if (outcome === 'sees nothing') await elsewhere?.happen(world)
      expectOutcome(await next(), cell, { seen, nothing: elsewhere?.seen })
      stop()
    })
  })
})
