import {
  type DocumentNode,
  type GraphQLError,
  type GraphQLSchema,
  NoSchemaIntrospectionCustomRule,
  parse,
  specifiedRules,
  validate,
} from 'graphql'
import { LRUCache } from 'lru-cache'
import { oneMutationField } from './limits.js'

/** How many documents are remembered, and how long they may be altogether, in characters: each costs about 80 bytes. */
const MAX_DOCUMENTS = 1_000
const MAX_CHARACTERS = 250_000

/** A document, and what is wrong with it. */
export interface ReadDocument {
  readonly document: DocumentNode
  readonly errors: readonly GraphQLError[]
}

export interface DocumentReaderOptions {
  readonly schema: GraphQLSchema
  readonly allowsIntrospection: boolean
}

/** Parses and validates documents, the good ones once: clients send the same few again and again. */
export class DocumentReader {
  readonly #schema: GraphQLSchema
  readonly #rules: typeof specifiedRules
  readonly #known = new LRUCache<string, ReadDocument>({
    max: MAX_DOCUMENTS,
    maxSize: MAX_CHARACTERS,
    sizeCalculation: (_read, query) => query.length,
  })

  constructor({ schema, allowsIntrospection }: DocumentReaderOptions) {
    this.#schema = schema
    this.#rules = [
      ...specifiedRules,
      oneMutationField,
      ...(allowsIntrospection ? [] : [NoSchemaIntrospectionCustomRule]),
    ]
  }

  /** @throws {GraphQLError} when it can't be parsed. */
  read(query: string): ReadDocument {
    const known = this.#known.get(query)
    if (known) return known
    const document = parse(query)
    const read = { document, errors: validate(this.#schema, document, this.#rules) }
    if (read.errors.length === 0) this.#known.set(query, read)
    return read
  }
}
