import { type FragmentDefinitionNode, Kind, type SelectionSetNode } from 'graphql'

/**
 * How many fields a selection asks for again under the same name. What is in fragments belongs to the selection that they
 * are in; what is below its fields does not.
 */
export function countRepetitions(
  selectionSet: SelectionSetNode,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
): number {
  const names = new Set<string>()
  const spread = new Set<FragmentDefinitionNode>()
  let repetitions = 0
  const look = ({ selections }: SelectionSetNode) => {
    for (const selection of selections) {
      if (selection.kind === Kind.FIELD) {
        const name = (selection.alias ?? selection.name).value
        if (names.has(name)) repetitions += 1
        names.add(name)
      } else if (selection.kind === Kind.INLINE_FRAGMENT) {
        look(selection.selectionSet)
      } else {
        const fragment = fragments.get(selection.name.value)
        if (!fragment || spread.has(fragment)) continue
        spread.add(fragment)
        look(fragment.selectionSet)
      }
    }
  }
  look(selectionSet)
  return repetitions
}
