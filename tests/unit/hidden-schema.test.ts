import {
  type GraphQLArgument,
  type GraphQLInputField,
  type GraphQLNamedType,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isLeafType,
  isObjectType,
  OperationTypeNode,
} from 'graphql'
import { expect, test } from 'vitest'
import { loadConfig } from '../../src/config/config.js'
import { Deadline } from '../../src/graphql/deadline.js'
import { DocumentReader } from '../../src/graphql/document-reader.js'
import { isPrepared, Pipeline } from '../../src/graphql/pipeline.js'
import { createSchema } from '../../src/graphql/schema.js'
import { hostileRequests } from '../testkit/hostile-documents.js'
import { PLATFORM } from '../testkit/seed.js'

interface Wrong {
  readonly query: string
  readonly variables: Record<string, unknown>
}

const schema = createSchema()
const types = Object.values(schema.getTypeMap()).filter(({ name }) => !name.startsWith('__'))

function fieldsOf(type: GraphQLNamedType) {
  return isObjectType(type) || isInterfaceType(type) ? Object.values(type.getFields()) : []
}

/** What a caller can't know unless they are told; the names of scalars stand in what these say of themselves. */
const secrets = new Set(
  types.flatMap((type) => {
    if (isEnumType(type)) return [type.name, ...type.getValues().map(({ name }) => name)]
    if (isInputObjectType(type)) return [type.name, ...Object.keys(type.getFields())]
    if (isLeafType(type)) return []
    return [type.name, ...fieldsOf(type).flatMap(({ name, args }) => [name, ...args.map((arg) => arg.name)])]
  }),
)
/** These words are graphql's own as well. */
for (const word of ['type', 'input', 'message', 'position', 'size', 'Query', 'Mutation', 'Subscription'])
  secrets.delete(word)

const VALUES = ['1', '1.5', '"x"', 'true', 'null', '[]', '{}', 'WORD', '{ x: 1 }', '[{}]', '$v']

/** All mistakes in one argument or input field. */
function wrongValues({ type }: GraphQLArgument | GraphQLInputField, wrap: (value: string) => string): string[] {
  const named = getNamedType(type)
  if (!isInputObjectType(named)) return VALUES.map(wrap)
  const inner = Object.values(named.getFields()).flatMap((field) =>
    wrongValues(field, (value) => wrap(`{ ${field.name}: ${value} }`)),
  )
  return [...VALUES.map(wrap), ...inner]
}

function wrongDocuments(): Wrong[] {
  const queries = types.flatMap((type) =>
    fieldsOf(type).flatMap(({ name, args }) => {
      const on = rootOf(type)
      const calls = [
        ...[name, `${name} { x }`, `${name}(x: 1)`, `${name.slice(0, -1)}`, `${name}s { x }`],
        ...args.flatMap((arg) => [
          `${name}(${arg.name.slice(0, -1)}: 1)`,
          ...wrongValues(arg, (value) => `${name}(${arg.name}: ${value}) { x }`),
        ]),
      ]
      // Where a variable is used, it is there once and is missing once.
      return calls.flatMap((call) =>
        call.includes('$v') ? [on(call), on(call).replace(/^\w+/, '$& ($v: String)')] : [on(call)],
      )
    }),
  )
  const spreads = types.flatMap(({ name }) => [
    `{ ... on ${name} { x } viewer { ... on ${name} { x } } } fragment F on ${name} { x }`,
    `query ($v: ${name}) { viewer { id } }`,
    `query ($v: ${name.slice(0, -1)}) { viewer { id } }`,
  ])
  return [...queries, ...spreads].map((query) => ({ query, variables: {} }))
}

/** How to get to a field of a type, by nothing but a fragment. */
function rootOf({ name }: GraphQLNamedType): (call: string) => string {
  const operation = Object.values(OperationTypeNode).find((each) => schema.getRootType(each)?.name === name)
  return operation
    ? (call) => `${operation} { ${call} }`
    : (call) => `query { node(id: "x") { ... on ${name} { ${call} } } }`
}

function wrongVariables(): Wrong[] {
  const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()]
  return roots.flatMap((root) =>
    Object.values(root?.getFields() ?? {}).flatMap(({ name, args, type }) =>
      args.flatMap((arg) => {
        const selection = isLeafType(getNamedType(type)) ? '' : '{ __typename }'
        const required = args.filter((other) => other !== arg && String(other.type).endsWith('!'))
        const others = required.map((other) => `, ${other.name}: "x"`).join('')
        const query = `${rootOf(root as GraphQLNamedType)(`${name}(${arg.name}: $v${others}) ${selection}`).replace(' ', ` ($v: ${arg.type}) `)}`
        return [undefined, null, 1, 1.5, 'x', true, [], {}, { x: 1 }, [{ x: 1 }], [1, 'x'], ...inputs(arg)].map(
          (v) => ({
            query,
            variables: v === undefined ? {} : { v },
          }),
        )
      }),
    ),
  )
}

/** Objects with one field each, misspelt or of the wrong type. */
function inputs({ type }: GraphQLArgument): unknown[] {
  const named = getNamedType(type)
  if (!isInputObjectType(named)) return []
  return Object.keys(named.getFields()).flatMap((name) => [
    { [name]: {} },
    { [name]: 'x' },
    { [name]: ['FUNDE'] },
    { [name]: null },
    { [name.slice(0, -1)]: 1 },
  ])
}

const { limits } = loadConfig({})
const deadline = new Deadline(limits.executionTimeoutMs)
/** The platform is not counted. */
const rateLimits = { count: () => Promise.reject(new Error('Nobody is counted here')) }
const [shown, hidden] = [true, false].map((allowsIntrospection) => {
  const documents = new DocumentReader({ schema, allowsIntrospection, limits })
  return new Pipeline({ schema, documents, allowsIntrospection, trustedDocuments: null, limits, rateLimits })
}) as [Pipeline, Pipeline]

async function messagesOf({ query, variables }: Wrong, allowsIntrospection = false): Promise<string[]> {
  const pipeline = allowsIntrospection ? shown : hidden
  const outcome = await pipeline.prepare({ query, variables }, { viewer: PLATFORM, requestId: 'x', deadline })
  return isPrepared(outcome) ? [] : outcome.map(({ message, originalError }) => originalError?.message ?? message)
}

/** So many mistakes that teach something are enough to see that what is looked for would be found. */
const LESSONS = 100

const wordsIn = (text: string) => new Set(text.match(/\w+/g))

async function leaksOf(wrong: Wrong, allowsIntrospection?: boolean): Promise<string[]> {
  const written = wordsIn(wrong.query + JSON.stringify(wrong.variables))
  const told = wordsIn((await messagesOf(wrong, allowsIntrospection)).join(' '))
  return [...told].filter((word) => secrets.has(word) && !written.has(word))
}

test('where the schema is hidden no mistake tells a name of it that the caller did not write', async () => {
  const hostile = hostileRequests()
    .filter(({ payload }) => payload.length < 20_000)
    .map(({ payload }): Wrong => JSON.parse(payload))
  const mistakes = [...wrongDocuments(), ...wrongVariables(), ...hostile]
  expect(mistakes.length).toBeGreaterThan(2_000)
  const told = new Map<string, string[]>()
  let lessons = 0
  for (const wrong of mistakes) {
    const leaks = await leaksOf(wrong)
    if (leaks.length > 0) told.set(`${wrong.query} ${JSON.stringify(wrong.variables)}`, leaks)
    // Asked until it is shown.
    if (lessons < LESSONS) lessons += (await leaksOf(wrong, true)).length > 0 ? 1 : 0
  }
  expect([...told]).toEqual([])
  // Where it is shown, these mistakes teach a lot.
  expect(lessons).toBe(LESSONS)
}, 60_000)

test.each([
  [
    '{ transaction { title } }',
    {},
    'Field "transaction" argument "…" of type "ID!" is required, but it was not provided.',
  ],
  [
    'mutation { sendMessage(input: {}) { message { id } } }',
    {},
    'Field "….…" of required type "ID!" was not provided.',
  ],
  [
    'mutation ($input: SendMessageInput!) { sendMessage(input: $input) { message { id } } }',
    { input: { contant: 'x' } },
    'Variable "$input" got invalid value { contant: "x" }; Field "…" of required type "ID!" was not provided.',
  ],
  ['{ viewer { usr } }', {}, 'Cannot query field "usr" on type "…".'],
])('the mistake of %s can still be found', async (query, variables, message) => {
  expect((await messagesOf({ query, variables }))[0]).toBe(message)
})
