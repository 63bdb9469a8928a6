import {
  defaultFieldResolver,
  type GraphQLField,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isCompositeType,
  isListType,
  isObjectType,
} from 'graphql'
import type { AnswerSize } from './answer-size.js'
import type { Context } from './context.js'

/** The scalars that show what people wrote. */
const TEXTS = ['String', 'URL']
/** The lists of a connection, and of `nodes(ids:)`: how many items they have is known beforehand. */
const PAGES = ['edges', 'nodes']

type Measure = (value: unknown, size: AnswerSize) => unknown

/** The same schema; its resolvers count what they give for an answer, by `AnswerSize`. */
export function measured(schema: GraphQLSchema): GraphQLSchema {
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || type.name.startsWith('__')) continue
    for (const field of Object.values(type.getFields())) {
      const measure = measureFor(field)
      if (measure) countWith(measure, field)
    }
  }
  return schema
}

function measureFor({ name, type }: GraphQLField<unknown, Context>): Measure | null {
  if (TEXTS.includes(getNamedType(type).name)) {
    return (value, size) => (typeof value === 'string' ? size.take(value) : value)
  }
  if (isListOfObjects(type) && !PAGES.includes(name)) {
    return (value, size) => (Array.isArray(value) ? size.takeItems(value) : value)
  }
  return null
}

function isListOfObjects(type: GraphQLOutputType): boolean {
  return isListType(getNullableType(type)) && isCompositeType(getNamedType(type))
}

function countWith(measure: Measure, field: GraphQLField<unknown, Context>): void {
  const resolve = field.resolve ?? defaultFieldResolver
  field.resolve = (source, args, context, info) => {
    const value: unknown = resolve(source, args, context, info)
    const { answerSize } = context
    return value instanceof Promise ? value.then((later) => measure(later, answerSize)) : measure(value, answerSize)
  }
}
