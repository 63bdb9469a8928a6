import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  NoSchemaIntrospectionCustomRule,
  parse,
  specifiedRules,
  validate,
} from 'graphql'
import { LRUCache } from 'lru-cache'
import type { Limits } from '../config/limits.js'
import { OperationTooComplexError } from '../errors.js'
import { findConditionalSubscriptions } from './conditional-subscriptions.js'
import { checkDocument, type DocumentLimits } from './document-limits.js'

/** How many documents are remembered, and how much memory they may take altogether: what a token takes was measured. */
const MAX_DOCUMENTS = 1_000
const MAX_BYTES = 33_554_432
const BYTES_PER_CHARACTER = 2
const BYTES_PER_TOKEN = 250

/** How many things are told to be wrong with a document: enough to mend it, and looking for the next ones takes long. */
const MAX_ERRORS = 10

/**
 * Up to which size errors say where in the document they are, in characters and in lines. Each such place is found by
 * counting from the beginning, and an error can have many.
 */
const MAX_LOCATED_CHARACTERS = 16_384
const MAX_LOCATED_LINES = 1_000

/** A document, and what is wrong with it. */
export interface ReadDocument {
  readonly document: DocumentNode
  readonly errors: readonly GraphQLError[]
}

export interface DocumentReaderOptions {
  readonly schema: GraphQLSchema
  readonly allowsIntrospection: boolean
  readonly limits: DocumentLimits & Pick<Limits, 'maxQueryTokens'>
}

/** Parses and validates documents, the good ones once: clients send the same few again and again. */
export class DocumentReader {
  readonly #options: DocumentReaderOptions
  readonly #rules: typeof specifiedRules
  readonly #known = new LRUCache<string, ReadDocument>({
    max: MAX_DOCUMENTS,
    maxSize: MAX_BYTES,
    sizeCalculation: ({ document }, query) =>
      query.length * BYTES_PER_CHARACTER + (document.tokenCount ?? 0) * BYTES_PER_TOKEN,
  })

  constructor(options: DocumentReaderOptions) {
    this.#options = options
    this.#rules = options.allowsIntrospection ? specifiedRules : [...specifiedRules, NoSchemaIntrospectionCustomRule]
  }

  /**
   * @throws {GraphQLError} when it can't be parsed.
   * @throws {OperationTooComplexError} when it breaks a limit. That is found out before it is validated, which takes long.
   */
  read(query: string): ReadDocument {
    const known = this.#known.get(query)
    if (known) return known
    const document = this.parse(query)
    checkDocument(document, this.#options.limits)
    const conditional = findConditionalSubscriptions(document)
    const errors = conditional.length > 0 ? conditional : this.#validate(document)
    const read = { document, errors }
    if (errors.length === 0) this.#known.set(query, read)
    return read
  }

  #validate(document: DocumentNode): readonly GraphQLError[] {
    const { schema, allowsIntrospection } = this.#options
    return validate(schema, document, this.#rules, { maxErrors: MAX_ERRORS, hideSuggestions: !allowsIntrospection })
  }

  /**
   * @throws {GraphQLError} when it can't be parsed.
   * @throws {OperationTooComplexError} when it is too long.
   */
  parse(query: string): DocumentNode {
    const { maxQueryTokens } = this.#options.limits
    try {
      return parse(query, { maxTokens: maxQueryTokens, maxComments: maxQueryTokens, noLocation: !isLocated(query) })
    } catch (error) {
      // graphql has no other sign of it.
      if (error instanceof GraphQLError && / (tokens|comments)\. Parsing aborted\.$/.test(error.message)) {
        throw new OperationTooComplexError(
          'The document is too long, in tokens (names, values and signs) or in comments: send several documents.',
          maxQueryTokens,
        )
      }
      throw error
    }
  }
}

function isLocated(query: string): boolean {
  return (
    query.length <= MAX_LOCATED_CHARACTERS && query.split(/[\n\r]/, MAX_LOCATED_LINES + 1).length <= MAX_LOCATED_LINES
  )
}
