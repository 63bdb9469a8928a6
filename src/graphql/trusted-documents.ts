import { type DocumentNode, Kind } from 'graphql'
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
  /** The same texts, by what they ask for. */
  readonly #byCanonicalForm: ReadonlyMap<string, string>

  constructor({ texts, parse }: TrustedDocumentsOptions) {
    this.#texts = texts
    this.#parse = parse
    this.#byCanonicalForm = new Map([...texts.values()].map((text) => [canonicalForm(parse(text)), text]))
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
      return this.#byCanonicalForm.get(canonicalForm(this.#parse(query)))
    } catch {
      return undefined
    }
  }
}

/**
 * The same for all documents that ask for the same, whatever their layout and the order of what they ask for: codegen sorts
 * it all. The order of a list of values stays: it can mean something.
 */
function canonicalForm(node: unknown): string {
  if (Array.isArray(node)) return `[${node.map(canonicalForm).toSorted().join()}]`
  if (typeof node !== 'object' || node === null) return JSON.stringify(node) ?? ''
  const { loc: _, block: __, ...parts } = node as Record<string, unknown>
  if (parts['kind'] === Kind.LIST) return `(${(parts['values'] as unknown[]).map(canonicalForm).join()})`
  return `{${Object.entries(parts)
    .map(([name, part]) => `${name}:${canonicalForm(part)}`)
    .join()}}`
}

/** Whether a request names its document by an id, known or not. */
export function isNamedById({ documentId, extensions }: DocumentRequest): boolean {
  return documentId !== undefined || persistedHash(extensions) !== undefined
}

function persistedHash(extensions: unknown): unknown {
  const persisted = propertyOf(extensions, 'persistedQuery')
  return propertyOf(persisted, 'sha256Hash')
}

function propertyOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined
}
