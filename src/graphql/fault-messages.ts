import { GraphQLError } from 'graphql'

/** A name can be as long as a request. */
const MAX_MESSAGE_LENGTH = 500

/** A name in one of graphql's messages: in quotes, and there maybe in a list or behind a dot. */
const NAME = /(?<=["[.$@])[_A-Za-z]\w*/g

/** These are in every schema. */
const KNOWN_TO_ALL = ['Query', 'Mutation', 'Subscription', 'ID', 'String', 'Int', 'Float', 'Boolean']

/** What a caller wrote. */
export interface WrittenOperation {
  readonly query: string
  readonly variables: Readonly<Record<string, unknown>>
}

/** What graphql says is wrong with a document or its variables, in a length that can be told. */
export function shortened(faults: readonly GraphQLError[]): GraphQLError[] {
  return faults.map((fault) =>
    fault.message.length <= MAX_MESSAGE_LENGTH
      ? fault
      : reworded(fault, `${fault.message.slice(0, MAX_MESSAGE_LENGTH)}…`),
  )
}

/**
 * The same, for callers to whom the schema is not shown: `…` stands for every name that they didn't write themselves. So nobody
 * learns by mistakes what else there is.
 */
export function withoutSchemaNames(
  faults: readonly GraphQLError[],
  { query, variables }: WrittenOperation,
): GraphQLError[] {
  const written = new Set([...KNOWN_TO_ALL, ...wordsIn(query), ...wordsIn(JSON.stringify(variables))])
  return shortened(
    faults.map((fault) =>
      reworded(
        fault,
        fault.message.replace(NAME, (name) => (written.has(name) ? name : '…')),
      ),
    ),
  )
}

/** The same message without the names that graphql thinks were meant. It makes them up in execution too. */
export function withoutSuggestions(message: string): string {
  return message.replace(/ Did you mean .*\?$/s, '')
}

function wordsIn(text: string): readonly string[] {
  return text.match(/\w+/g) ?? []
}

function reworded({ nodes, source, positions }: GraphQLError, message: string): GraphQLError {
  return new GraphQLError(message, { nodes: nodes ?? null, source: source ?? null, positions: positions ?? null })
}
