import { GraphQLError } from 'graphql'

/** A GraphQL error around what was thrown, where GraphQL takes no other. The error format takes it out again. */
export function wrapped(thrown: unknown): GraphQLError {
  return new GraphQLError('', { originalError: thrown as Error })
}
