import { type DocumentNode, Kind, OperationTypeNode } from 'graphql'
import type { Limits } from '../config/limits.js'
import { OperationTooComplexError } from '../errors.js'
import { DocumentMeasures } from './document-measures.js'

export type DocumentLimits = Pick<Limits, 'maxQueryDepth' | 'maxQueryAliases' | 'maxQueryDirectives'>

const MAX_MUTATION_FIELDS = 1

/** How often a document may ask for the schema, which is exempt from depth and cost, and large. */
const MAX_INTROSPECTIONS = 2

/** How many fields a document may ask for again. Validation compares each with each. */
const MAX_REPETITIONS = 100

/**
 * Refuses a document that is too much, before it is looked at any closer.
 *
 * A mutation has one field: two would run one after the other, the second maybe not at all, and what was looked up for
 * the first would be believed for the second.
 *
 * @throws {OperationTooComplexError}
 */
export function checkDocument(document: DocumentNode, limits: DocumentLimits): void {
  const measures = new DocumentMeasures(document)
  let repetitions = 0
  for (const definition of document.definitions) {
    // A fragment that nobody spreads is looked at too: it is validated like the others.
    if (definition.kind !== Kind.OPERATION_DEFINITION && definition.kind !== Kind.FRAGMENT_DEFINITION) continue
    const { depth, aliases, directives, fields, introspections, ...rest } = measures.of(definition)
    repetitions += rest.repetitions
    if (depth > limits.maxQueryDepth) throw nestedTooDeeply(limits.maxQueryDepth)
    refuseAbove(limits.maxQueryAliases, aliases, 'The document uses too many aliases: send several documents.')
    refuseAbove(limits.maxQueryDirectives, directives, 'The document uses too many directives: send several documents.')
    refuseAbove(MAX_INTROSPECTIONS, introspections, 'The document asks for the schema too often: once is enough.')
    refuseAbove(MAX_REPETITIONS, repetitions, 'The document asks for fields again and again: once is enough.')
    if (definition.kind === Kind.OPERATION_DEFINITION && definition.operation === OperationTypeNode.MUTATION) {
      refuseAbove(MAX_MUTATION_FIELDS, fields, 'A mutation takes one field: send several, one after the other.')
    }
  }
}

export function nestedTooDeeply(maxQueryDepth: number): OperationTooComplexError {
  const message = 'The document is nested too deeply: ask for the rest by the ids it brings.'
  return new OperationTooComplexError(message, maxQueryDepth)
}

function refuseAbove(limit: number, measured: number, message: string): void {
  if (measured > limit) throw new OperationTooComplexError(message, limit)
}
