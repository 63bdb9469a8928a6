import {
  type DirectiveNode,
  type DocumentNode,
  GraphQLError,
  Kind,
  OperationTypeNode,
  type SelectionNode,
} from 'graphql'

/**
 * What is wrong with subscriptions whose one field may be left out: `@skip` and `@include` are not for it, nor for the fragments
 * that it stands in (GraphQL, "Single Root Field"). The validation of graphql 16 doesn't look for that, and stumbles over
 * conditions that depend on variables; execution fails when nothing is left.
 */
export function findConditionalSubscriptions({ definitions }: DocumentNode): readonly GraphQLError[] {
  const fragments = new Map<string, readonly SelectionNode[]>(
    definitions.flatMap((definition) =>
      definition.kind === Kind.FRAGMENT_DEFINITION
        ? [[definition.name.value, definition.selectionSet.selections] as const]
        : [],
    ),
  )
  const conditions: DirectiveNode[] = []
  const spread = new Set<string>()
  const look = (selections: readonly SelectionNode[]) => {
    for (const selection of selections) {
      conditions.push(...(selection.directives ?? []).filter(isCondition))
      if (selection.kind === Kind.INLINE_FRAGMENT) look(selection.selectionSet.selections)
      // Each is looked at once, however often it is spread.
      if (selection.kind !== Kind.FRAGMENT_SPREAD || spread.has(selection.name.value)) continue
      spread.add(selection.name.value)
      look(fragments.get(selection.name.value) ?? [])
    }
  }
  for (const definition of definitions) {
    if (definition.kind !== Kind.OPERATION_DEFINITION || definition.operation !== OperationTypeNode.SUBSCRIPTION)
      continue
    look(definition.selectionSet.selections)
  }
  if (conditions.length === 0) return []
  return [
    new GraphQLError('A subscription always has its field: leave `@skip` and `@include` out.', { nodes: conditions }),
  ]
}

function isCondition({ name }: DirectiveNode): boolean {
  return name.value === 'skip' || name.value === 'include'
}
