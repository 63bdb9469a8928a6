import {
  type GraphQLArgument,
  type GraphQLInputType,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
} from 'graphql'
import type { Random } from '../testkit/random.js'

const MAX_LEVELS = 6
/** What stands in the place of a value: fitting, wrong, and nasty. */
const VALUES = [
  'null',
  'true',
  '0',
  '-1',
  '2147483648',
  '1e400',
  '-0.0',
  '""',
  '"x"',
  '"txn_\\u0000"',
  '"msg_01900000-0000-7000-8000-000000000000"',
  '"2026-02-30T25:61:61Z"',
  '"\\uD83D"',
  '"""block"""',
  '[]',
  '[[[[]]]]',
  '{}',
  '{ __proto__: { admin: true } }',
  'ADMIN',
  '$missing',
] as const
const SNIPPETS = [
  '{',
  '}',
  '(',
  ')',
  '[',
  '"',
  '"""',
  '\\',
  '\u0000',
  '\uFEFF',
  '\uD800',
  '\u2028',
  '#',
  '...',
  '@include(if: true)',
  '@deprecated',
  '$v: ID! = "x"',
  '9'.repeat(400),
  'a'.repeat(5_000),
  '{ viewer '.repeat(200),
  'a: viewer { id } '.repeat(100),
  'fragment Loop on User { id ...Loop }',
  'query { __schema { types { fields { type { fields { type { name } } } } } } }',
  'mutation { deleteMessage(input: { messageId: "x" }) { message { id } } }',
  'subscription { inboxChanged { transactionId } }',
] as const

/** Ids to ask for. */
export interface KnownIds {
  /** By the name of the argument or the field that takes them: those that fit. */
  readonly fitting: Readonly<Record<string, string>>
  readonly others: readonly string[]
}

/** Makes documents as a careless or hostile caller might send them; the same ones again for the same numbers. */
export class DocumentMaker {
  readonly #random: Random
  readonly #schema: GraphQLSchema
  readonly #ids: KnownIds

  constructor(random: Random, schema: GraphQLSchema, ids: KnownIds) {
    this.#random = random
    this.#schema = schema
    this.#ids = ids
  }

  next(): string {
    const document = this.#operation()
    return this.#random.fraction() < 0.6 ? document : this.mutate(document)
  }

  /** Breaks a text in one to four places. */
  mutate(text: string): string {
    let mutated = text
    for (let times = this.#random.between(1, 4); times > 0; times -= 1) mutated = this.#breakOnce(mutated)
    return mutated
  }

  #breakOnce(text: string): string {
    const from = this.#random.between(0, text.length)
    const to = this.#random.between(from, Math.min(text.length, from + 40))
    const span = text.slice(from, to)
    switch (this.#random.between(0, 4)) {
      case 0:
        return text.slice(0, from) + text.slice(to)
      case 1:
        return text.slice(0, to) + span.repeat(this.#random.between(1, 100)) + text.slice(to)
      case 2:
        return text.slice(0, from) + this.#random.pick(SNIPPETS) + text.slice(from)
      case 3:
        return text.slice(0, from) + String.fromCharCode(this.#random.between(0, 0xffff)) + text.slice(from + 1)
      default:
        return text.slice(0, from)
    }
  }

  #operation(): string {
    const kind = this.#random.pick(['query', 'query', 'mutation', 'subscription'] as const)
    const type = { query: 'Query', mutation: 'Mutation', subscription: 'Subscription' }[kind]
    const root = this.#schema.getType(type)
    if (!isObjectType(root)) throw new Error(`${type} is not in the schema`)
    return `${kind} ${this.#random.pick(['', 'Hostile', 'a'.repeat(300)])} ${this.#selection(root, 1)}`
  }

  #selection(type: GraphQLObjectType, level: number): string {
    const fields = Object.values(type.getFields())
    const count = level === 1 && type.name !== 'Query' ? 1 : this.#random.between(1, 4)
    const chosen = Array.from({ length: count }, () => {
      const { name, args, type: ofField } = this.#random.pick(fields)
      return `${this.#alias()}${name}${this.#arguments(args)}${this.#directive()}${this.#below(ofField, level)}`
    })
    return `{ ${chosen.join(' ')} }`
  }

  #below(type: GraphQLOutputType, level: number): string {
    const named = getNamedType(type)
    if (isLeafType(named)) return ''
    if (level >= MAX_LEVELS) return ' { __typename }'
    if (isObjectType(named)) return ` ${this.#selection(named, level + 1)}`
    const possible = this.#random.pick(this.#schema.getPossibleTypes(named))
    return ` { __typename ... on ${possible.name} ${this.#selection(possible, level + 1)} }`
  }

  #arguments(args: readonly GraphQLArgument[]): string {
    const given = args.filter(({ type }) => isNonNullType(type) || this.#random.fraction() < 0.4)
    return given.length === 0
      ? ''
      : `(${given.map(({ name, type }) => `${name}: ${this.#value(type, name)}`).join(', ')})`
  }

  #value(type: GraphQLInputType, name: string): string {
    if (this.#random.fraction() < 0.1) return this.#random.pick(VALUES)
    if (isNonNullType(type)) return this.#value(type.ofType, name)
    if (isListType(type))
      return `[${Array.from({ length: this.#random.between(0, 3) }, () => this.#value(type.ofType, name))}]`
    if (isEnumType(type)) return this.#random.pick(type.getValues()).name
    if (isInputObjectType(type)) {
      return `{ ${Object.values(type.getFields()).map((field) => `${field.name}: ${this.#value(field.type, field.name)}`)} }`
    }
    switch (getNamedType(type).name) {
      case 'ID':
        return JSON.stringify(this.#id(name))
      case 'Int':
        return String(this.#random.between(-1, 120))
      case 'Boolean':
        return this.#random.pick(['true', 'false'])
      case 'DateTime':
        return '"2026-01-01T00:00:00Z"'
      default:
        return JSON.stringify(this.#random.pick(['x', 'Hello', '\u202Ex', 'y'.repeat(200)]))
    }
  }

  #id(name: string): string {
    const fitting = this.#ids.fitting[name]
    return fitting !== undefined && this.#random.fraction() < 0.7 ? fitting : this.#random.pick(this.#ids.others)
  }

  #alias(): string {
    return this.#random.fraction() < 0.2 ? `a${this.#random.between(0, 99)}: ` : ''
  }

  #directive(): string {
    return this.#random.fraction() < 0.1 ? this.#random.pick([' @include(if: true)', ' @skip(if: false)', ' @x']) : ''
  }
}
