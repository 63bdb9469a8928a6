import {
  type DirectiveNode,
  type DocumentNode,
  type FragmentDefinitionNode,
  Kind,
  type NameNode,
  type OperationDefinitionNode,
  OperationTypeNode,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql'
import type { Limits } from '../config-limits.js'
import { OperationTooComplexError } from '../errors.js'

export type DocumentLimits = Pick<Limits, 'maxQueryDepth' | 'maxQueryAliases' | 'maxQueryDirectives'>

const MAX_MUTATION_FIELDS = 1

/** How often a document may ask for a field again beside itself. Validation compares each with each. */
const MAX_REPETITIONS = 100

/** What a part of a document comes to. What stands in a fragment counts as often as the fragment is spread. */
interface Measures {
  /** Levels of fields. */
  readonly depth: number
  readonly aliases: number
  readonly directives: number
  /** Fields of the topmost level, `__typename` not counted: clients ask for it everywhere. */
  readonly fields: number
}

const NOTHING: Measures = { depth: 0, aliases: 0, directives: 0, fields: 0 }

/**
 * Refuses a document that is too much, before it is looked at any closer: the time that takes grows with the document
 * alone, however often it spreads its fragments.
 *
 * A mutation has one field: two would run one after the other, the second maybe not at all, and what was looked up for
 * the first would be believed for the second.
 *
 * @throws {OperationTooComplexError}
 */
export function checkDocument(document: DocumentNode, limits: DocumentLimits): void {
  const measure = measuring(document)
  for (const definition of document.definitions) {
    // A fragment that nobody spreads is looked at too: it is validated like the others.
    if (definition.kind !== Kind.OPERATION_DEFINITION && definition.kind !== Kind.FRAGMENT_DEFINITION) continue
    const { depth, aliases, directives, fields } = measure(definition)
    if (depth > limits.maxQueryDepth) throw nestedTooDeeply(limits.maxQueryDepth)
    refuseAbove(limits.maxQueryAliases, aliases, 'The document uses too many aliases: send several documents.')
    refuseAbove(limits.maxQueryDirectives, directives, 'The document uses too many directives: send several documents.')
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

type Fragments = ReadonlyMap<string, FragmentDefinitionNode>

type Definition = OperationDefinitionNode | FragmentDefinitionNode

/** Measures the definitions of a document, each once. A fragment within itself counts nothing: validation refuses it. */
function measuring({ definitions }: DocumentNode): (definition: Definition) => Measures {
  const fragments: Fragments = new Map(
    definitions.flatMap((definition) =>
      definition.kind === Kind.FRAGMENT_DEFINITION ? [[definition.name.value, definition]] : [],
    ),
  )
  const measured = new Map<Definition, Measures>()
  let repetitions = 0

  const ofDefinition = (definition: Definition): Measures => {
    const known = measured.get(definition)
    if (known) return known
    measured.set(definition, NOTHING)
    const { depth, aliases, directives, fields } = ofWhole(definition.selectionSet)
    const ofVariables = (definition.variableDefinitions ?? []).reduce((count, variable) => count + countOf(variable), 0)
    const isOfSchema = definition.kind === Kind.FRAGMENT_DEFINITION && isIntrospection(definition.typeCondition.name)
    const measures = {
      depth: isOfSchema ? 0 : depth,
      aliases,
      directives: directives + countOf(definition) + ofVariables,
      fields,
    }
    measured.set(definition, measures)
    return measures
  }

  const ofWhole = (selectionSet: SelectionSetNode): Measures => {
    repetitions += repetitionsIn(selectionSet, fragments)
    refuseAbove(MAX_REPETITIONS, repetitions, 'The document asks for fields again and again: once is enough.')
    return ofSelections(selectionSet)
  }

  const ofSelections = ({ selections }: SelectionSetNode): Measures =>
    selections.map(ofSelection).reduce(
      (sum, next) => ({
        depth: Math.max(sum.depth, next.depth),
        aliases: sum.aliases + next.aliases,
        directives: sum.directives + next.directives,
        fields: sum.fields + next.fields,
      }),
      NOTHING,
    )

  const ofSelection = (selection: SelectionNode): Measures => {
    const { depth, aliases, directives, fields } = below(selection)
    const all = directives + countOf(selection)
    if (selection.kind !== Kind.FIELD) return { depth, aliases, directives: all, fields }
    const isAliased = selection.alias !== undefined
    return {
      depth: depth + 1,
      aliases: aliases + (isAliased ? 1 : 0),
      directives: all,
      fields: isIntrospection(selection.name) ? 0 : 1,
    }
  }

  const below = (selection: SelectionNode): Measures => {
    if (selection.kind === Kind.FRAGMENT_SPREAD) {
      const fragment = fragments.get(selection.name.value)
      return fragment ? ofDefinition(fragment) : NOTHING
    }
    if (selection.kind === Kind.INLINE_FRAGMENT) return ofSelections(selection.selectionSet)
    const measures = selection.selectionSet ? ofWhole(selection.selectionSet) : NOTHING
    return isIntrospection(selection.name) ? { ...measures, depth: 0 } : measures
  }

  return ofDefinition
}

/** What is in fragments belongs to the selection that they are in. */
function repetitionsIn(selectionSet: SelectionSetNode, fragments: Fragments): number {
  const names = new Set<string>()
  const spread = new Set<FragmentDefinitionNode>()
  let repetitions = 0
  const look = ({ selections }: SelectionSetNode) => {
    for (const selection of selections) {
      if (selection.kind === Kind.INLINE_FRAGMENT) {
        look(selection.selectionSet)
        continue
      }
      if (selection.kind === Kind.FIELD) {
        const name = (selection.alias ?? selection.name).value
        if (names.has(name)) repetitions += 1
        names.add(name)
        continue
      }
      const fragment = fragments.get(selection.name.value)
      if (!fragment || spread.has(fragment)) continue
      spread.add(fragment)
      look(fragment.selectionSet)
    }
  }
  look(selectionSet)
  return repetitions
}

/** Where the schema is shown it is shown whole, and graphql's own rules bound how often it goes round. */
function isIntrospection({ value: name }: NameNode): boolean {
  return name.startsWith('__')
}

function countOf({ directives }: { readonly directives?: readonly DirectiveNode[] | undefined }): number {
  return directives?.length ?? 0
}
