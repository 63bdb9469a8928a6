import { type DocumentNode, print } from 'graphql'
import { ForbiddenError } from '../errors.js'

/** How a caller names a document. */
export interface DocumentRequest {
  /** All of it; empty where its id stands elsewhere. */
  readonly query: string
  /** An id, as the appendix on persisted documents of GraphQL over HTTP has it. */
  readonly documentId?: unknown
  /** May have an id in `persistedQuery.sha256Hash`, as Apollo has it. */
  readonly extensions?: unknown
}

export interface TrustedDocumentsOptions {
  /** The text of each document, by the sha256 of it in hexadecimal. */
  readonly texts: ReadonlyMap<string, string>
  /** Throws for what is no document. */
  readonly parse: (text: string) => DocumentNode
}

/** The documents that a service takes, where it takes no others. */
export class TrustedDocuments {
  readonly #texts: ReadonlyMap<string, string>
  readonly #parse: TrustedDocumentsOptions['parse']
  /** The same texts, by how they read when all that means nothing is left out. */
  readonly #plain: ReadonlyMap<string, string>

  constructor({ texts, parse }: TrustedDocumentsOptions) {
    this.#texts = texts
    this.#parse = parse
    this.#plain = new Map([...texts.values()].map((text) => [plainly(parse(text)), text]))
  }

  /**
   * The document that a request names. All of its text is as good as an id: not every client can leave it out.
   *
   * @throws {ForbiddenError} the same, whatever else was asked.
   */
  textOf({ query, documentId, extensions }: DocumentRequest): string {
    const found = this.#byId(documentId) ?? this.#byId(persistedHash(extensions)) ?? this.#byText(query)
    if (found !== undefined) return found
    throw new ForbiddenError(
      'Only trusted documents are taken here: name one by its id, in `documentId` or `extensions.persistedQuery.sha256Hash`.',
    )
  }

  #byId(id: unknown): string | undefined {
    return typeof id === 'string' ? this.#texts.get(id.replace(/^sha256:/, '')) : undefined
  }

  #byText(query: unknown): string | undefined {
    if (typeof query !== 'string' || query === '') return undefined
    try {
      return this.#plain.get(plainly(this.#parse(query)))
    } catch {
      return undefined
    }
  }
}

/** Two documents that differ in nothing but layout, comments and the order of their definitions read the same. */
function plainly({ definitions }: DocumentNode): string {
  return definitions.map(print).toSorted().join('\n')
}

function persistedHash(extensions: unknown): unknown {
  const persisted = propertyOf(extensions, 'persistedQuery')
  return propertyOf(persisted, 'sha256Hash')
}

function propertyOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined
}
