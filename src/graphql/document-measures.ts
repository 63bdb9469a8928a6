import {
  type DirectiveNode,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  Kind,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql'
import { countRepetitions } from './field-repetitions.js'
import { isIntrospective } from './introspection.js'

/** What a part of a document comes to. What stands in a fragment counts as often as the fragment is spread. */
export interface Measures {
  /** Levels of fields, those of introspection left out. */
  readonly depth: number
  readonly aliases: number
  readonly directives: number
  /** Fields of the topmost level, `__typename` left out: clients ask for it everywhere. */
  readonly fields: number
  /** How often the schema is asked for. */
  readonly introspections: number
  /** Fields that a selection asks for again under the same name. These count as often as they are written. */
  readonly repetitions: number
}

export type Definition = OperationDefinitionNode | FragmentDefinitionNode

const NOTHING: Measures = { depth: 0, aliases: 0, directives: 0, fields: 0, introspections: 0, repetitions: 0 }

function sumOf(all: readonly Measures[]): Measures {
  return all.reduce(
    (sum, next) => ({
      depth: Math.max(sum.depth, next.depth),
      aliases: sum.aliases + next.aliases,
      directives: sum.directives + next.directives,
      fields: sum.fields + next.fields,
      introspections: sum.introspections + next.introspections,
      repetitions: sum.repetitions + next.repetitions,
    }),
    NOTHING,
  )
}

/**
 * Measures the definitions of a document. Each fragment is measured once: the time that takes grows with the document
 * alone, however often it spreads them.
 */
export class DocumentMeasures {
  readonly #fragments: ReadonlyMap<string, FragmentDefinitionNode>
  readonly #measured = new Map<Definition, Measures>()

  constructor({ definitions }: DocumentNode) {
    this.#fragments = new Map(
      definitions.flatMap((definition) =>
        definition.kind === Kind.FRAGMENT_DEFINITION ? [[definition.name.value, definition]] : [],
      ),
    )
  }

  of(definition: Definition): Measures {
    const known = this.#measured.get(definition)
    if (known) return known
    // A fragment within itself comes to nothing. Validation refuses it.
    this.#measured.set(definition, NOTHING)
    const below = this.#ofSelectionSet(definition.selectionSet)
    const isOfSchema =
      definition.kind === Kind.FRAGMENT_DEFINITION && isIntrospective(definition.typeCondition.name.value)
    const measures = {
      ...below,
      depth: isOfSchema ? 0 : below.depth,
      directives: [definition, ...(definition.variableDefinitions ?? [])].reduce(
        (count, node) => count + countOf(node),
        below.directives,
      ),
    }
    this.#measured.set(definition, measures)
    return measures
  }

  #ofSelectionSet(selectionSet: SelectionSetNode): Measures {
    const measures = this.#ofSelections(selectionSet)
    return { ...measures, repetitions: measures.repetitions + countRepetitions(selectionSet, this.#fragments) }
  }

  #ofSelections({ selections }: SelectionSetNode): Measures {
    return sumOf(selections.map((selection) => this.#ofSelection(selection)))
  }

  #ofSelection(selection: SelectionNode): Measures {
    const measures = selection.kind === Kind.FIELD ? this.#ofField(selection) : this.#ofFragment(selection)
    return { ...measures, directives: measures.directives + countOf(selection) }
  }

  #ofField({ name, alias, selectionSet }: FieldNode): Measures {
    const below = selectionSet ? this.#ofSelectionSet(selectionSet) : NOTHING
    return {
      ...below,
      depth: isIntrospective(name.value) ? 1 : below.depth + 1,
      aliases: below.aliases + (alias ? 1 : 0),
      fields: isIntrospective(name.value) ? 0 : 1,
      introspections: below.introspections + (isIntrospective(name.value) && selectionSet ? 1 : 0),
    }
  }

  #ofFragment(selection: Exclude<SelectionNode, FieldNode>): Measures {
    if (selection.kind === Kind.INLINE_FRAGMENT) return this.#ofSelections(selection.selectionSet)
    const fragment = this.#fragments.get(selection.name.value)
    // What it repeats in itself counts where it is written.
    return fragment ? { ...this.of(fragment), repetitions: 0 } : NOTHING
  }
}

function countOf({ directives }: { readonly directives?: readonly DirectiveNode[] | undefined }): number {
  return directives?.length ?? 0
}
