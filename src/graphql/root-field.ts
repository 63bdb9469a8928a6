import { type ExecutionArgs, getOperationAST, Kind, type SelectionNode } from 'graphql'

/** The name of the first field that an operation asks for, as the schema has it; an alias is the client's own. */
export function rootFieldOf({ document, operationName }: Pick<ExecutionArgs, 'document' | 'operationName'>): string {
  const nameOf = (selection: SelectionNode | undefined): string => {
    if (selection === undefined) return ''
    if (selection.kind === Kind.FIELD) return selection.name.value
    if (selection.kind === Kind.INLINE_FRAGMENT) return nameOf(selection.selectionSet.selections[0])
    const fragment = document.definitions.find(
      (definition) => definition.kind === Kind.FRAGMENT_DEFINITION && definition.name.value === selection.name.value,
    )
    return fragment?.kind === Kind.FRAGMENT_DEFINITION ? nameOf(fragment.selectionSet.selections[0]) : ''
  }
  return nameOf(getOperationAST(document, operationName)?.selectionSet.selections[0])
}
