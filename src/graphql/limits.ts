import { type ASTVisitor, GraphQLError, Kind, type SelectionSetNode, type ValidationContext } from 'graphql'

const MAX_MUTATION_FIELDS = 1

/**
 * A request changes one thing. Two mutation fields would run one after the other, the second maybe not at all, and what
 * was looked up for the first would be believed for the second.
 */
export function oneMutationField(context: ValidationContext): ASTVisitor {
  const countFields = ({ selections }: SelectionSetNode, seen: ReadonlySet<string>): number =>
    selections.reduce((count, selection) => {
      if (selection.kind === Kind.FIELD) return count + 1
      if (selection.kind === Kind.INLINE_FRAGMENT) return count + countFields(selection.selectionSet, seen)
      const name = selection.name.value
      const fragment = seen.has(name) ? undefined : context.getFragment(name)
      return fragment ? count + countFields(fragment.selectionSet, new Set([...seen, name])) : count
    }, 0)
  return {
    OperationDefinition(operation) {
      if (operation.operation !== 'mutation') return false
      const count = countFields(operation.selectionSet, new Set())
      if (count > MAX_MUTATION_FIELDS) {
        context.reportError(
          new GraphQLError(`A mutation takes one field, and this one has ${count}: send them one after the other.`, {
            nodes: operation,
            extensions: { code: 'OPERATION_TOO_COMPLEX', limit: MAX_MUTATION_FIELDS },
          }),
        )
      }
      return false
    },
  }
}
