import { complexityFromQuery } from '@pothos/plugin-complexity'
import { type DocumentNode, type GraphQLSchema, Kind, type OperationDefinitionNode } from 'graphql'
import { OperationTooComplexError } from '../errors.js'

export interface CostedOperation {
  readonly document: DocumentNode
  readonly operation: OperationDefinitionNode
  readonly variables: Readonly<Record<string, unknown>>
}

/**
 * What executing an operation comes to at the most: each field 1, what is below a connection as often as its page has
 * items, and what is below a plain list 5 times. It takes every fragment as if it fitted, whatever its type is, and fields
 * that are asked for twice as two. Introspection is free.
 *
 * @throws {GraphQLError} when the variables don't fit the operation, or an argument its field.
 */
export function costOf(schema: GraphQLSchema, { document, operation, variables }: CostedOperation): number {
  const fragments = document.definitions.filter(({ kind }) => kind === Kind.FRAGMENT_DEFINITION)
  // The plugin takes the first operation that it finds.
  const alone: DocumentNode = { kind: Kind.DOCUMENT, definitions: [operation, ...fragments] }
  return complexityFromQuery(alone, { schema, variables }).complexity
}

/** @throws {OperationTooComplexError} */
export function checkCost(cost: number, maxQueryCost: number): void {
  if (cost <= maxQueryCost) return
  const message = 'The operation costs too much: ask for smaller pages, or for fewer lists within lists.'
  throw new OperationTooComplexError(message, maxQueryCost, cost)
}
