import { type ExecutionArgs, getOperationAST, Kind, type SelectionNode } from 'graphql'
import { isIntrospective } from './introspection.js'

/**
 * The name of the first field that an operation asks for, as the schema has it; an alias is the client's own, and
 * `__typename`, which many clients ask for everywhere, is nobody's.
 */
export function rootFieldOf({ document, operationName }: Pick<ExecutionArgs, 'document' | 'operationName'>): string {
  const firstIn = (selections: readonly SelectionNode[]): string => {
    for (const selection of selections) {
      const name = nameOf(selection)
      if (name !== '' && !isIntrospective(name)) return name
    }
    return ''
  }
  const nameOf = (selection: SelectionNode): string => {
    if (selection.kind === Kind.FIELD) return selection.name.value
    if (selection.kind === Kind.INLINE_FRAGMENT) return firstIn(selection.selectionSet.selections)
    const fragment = document.definitions.find(
      (definition) => definition.kind === Kind.FRAGMENT_DEFINITION && definition.name.value === selection.name.value,
    )
    return fragment?.kind === Kind.FRAGMENT_DEFINITION ? firstIn(fragment.selectionSet.selections) : ''
  }
  return firstIn(getOperationAST(document, operationName)?.selectionSet.selections ?? [])
}
