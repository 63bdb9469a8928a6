import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { Kind } from 'graphql'
import { StartupError } from '../startup-error.js'
import { checkCost, costOf } from './operation-cost.js'
import type { PipelineOptions } from './pipeline.js'
import { TrustedDocuments } from './trusted-documents.js'

/** By what a document is judged before it is trusted. */
export type ManifestOptions = Pick<PipelineOptions, 'schema' | 'documents' | 'limits'>

/**
 * Reads a manifest as the client preset of GraphQL Code Generator writes it: a JSON object, of the sha256 of each document
 * to its text.
 *
 * @throws {StartupError} that names everything that is wrong with it.
 */
export async function readTrustedDocuments(file: string, options: ManifestOptions): Promise<TrustedDocuments> {
  const manifest = parseManifest(file, await readText(file))
  const texts = new Map<string, string>()
  const problems: string[] = []
  for (const [id, text] of Object.entries(manifest)) {
    const fault =
      typeof text === 'string' ? (faultOfId(id, text) ?? faultOfDocument(text, options)) : 'It is no string.'
    if (fault !== null) problems.push(`${id}: ${fault}`)
    else texts.set(withoutPrefix(id), text as string)
  }
  if (problems.length === 0) return new TrustedDocuments({ texts, parse: (text) => options.documents.parse(text) })
  throw new StartupError(
    `TRUSTED_DOCUMENTS_FILE ${file} has documents that can't be taken:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`,
  )
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    throw new StartupError(`TRUSTED_DOCUMENTS_FILE ${file} can't be read: ${(error as Error).message}.`)
  }
}

function parseManifest(file: string, text: string): Readonly<Record<string, unknown>> {
  try {
    const manifest: unknown = JSON.parse(text)
    if (typeof manifest === 'object' && manifest !== null && !Array.isArray(manifest)) return { ...manifest }
  } catch {
    // Said below.
  }
  throw new StartupError(
    `TRUSTED_DOCUMENTS_FILE ${file} must be a JSON object, of the sha256 of each document to its text.`,
  )
}

function faultOfId(id: string, text: string): string | null {
  const hash = createHash('sha256').update(text).digest('hex')
  return withoutPrefix(id) === hash ? null : `The id of this text is sha256:${hash}.`
}

function faultOfDocument(text: string, { schema, documents, limits }: ManifestOptions): string | null {
  try {
    const { document, errors } = documents.read(text)
    if (errors[0]) return errors[0].message
    for (const operation of document.definitions) {
      // With variables it costs something else each time.
      if (operation.kind !== Kind.OPERATION_DEFINITION || operation.variableDefinitions?.length) continue
      checkCost(costOf(schema, { document, operation, variables: {} }), limits.maxQueryCost)
    }
    return null
  } catch (error) {
    return (error as Error).message
  }
}

function withoutPrefix(id: string): string {
  return id.replace(/^sha256:/, '')
}
