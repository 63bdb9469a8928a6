import { type DocumentNode, Kind } from 'graphql'

/** Whether a name is one of GraphQL's own: of a field or a type that tells of the schema. */
export function isIntrospective(name: string): boolean {
  return name.startsWith('__')
}

/** Whether a document asks for nothing but the schema. */
export function asksForSchemaAlone({ definitions }: DocumentNode): boolean {
  return definitions.every(
    (definition) =>
      definition.kind === Kind.FRAGMENT_DEFINITION ||
      (definition.kind === Kind.OPERATION_DEFINITION &&
        definition.selectionSet.selections.every(
          (selection) => selection.kind === Kind.FIELD && isIntrospective(selection.name.value),
        )),
  )
}
