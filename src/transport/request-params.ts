import { isUtf8 } from 'node:buffer'
import type { GraphQLParams } from 'graphql-yoga'
import type { Limits } from '../config/limits.js'
import { PayloadTooLargeError } from '../errors.js'
import { HttpRefusalError } from './http-refusal.js'

export type BodyLimits = Pick<Limits, 'maxBodyBytes'>

const JSON_IN_UTF_8 = /^application\/json[ \t]*(;[ \t]*(charset=("utf-8"|utf-8)[ \t]*)?)?$/i

/**
 * Reads an operation out of an HTTP request, as the GraphQL over HTTP specification has it: a POST with a JSON body, or a
 * GET with parameters in the URL. Nothing else is taken.
 *
 * @throws {HttpRefusalError} for what is no such request.
 * @throws {PayloadTooLargeError} as soon as it is clear; the rest of the body is not read.
 */
export async function readRequestParams(request: Request, limits: BodyLimits): Promise<GraphQLParams> {
  return request.method === 'GET' ? fromUrl(new URL(request.url)) : fromBody(request, limits)
}

async function fromBody(request: Request, limits: BodyLimits): Promise<GraphQLParams> {
  if (!JSON_IN_UTF_8.test(request.headers.get('content-type') ?? '')) {
    throw fault(415, 'The body must be JSON in UTF-8: send the header "Content-Type: application/json".')
  }
  // What is compressed could be a thousand times as large as it seems.
  if (!/^(identity)?$/i.test(request.headers.get('content-encoding') ?? '')) {
    throw fault(415, 'The body must not be compressed.', { 'accept-encoding': 'identity' })
  }
  const body = parseJson(await readText(request, limits), 'The body is not valid JSON.')
  if (!isObject(body)) throw fault(400, 'The body must be a JSON object with a `query`. Batches are not taken.')
  return checkParams(body)
}

async function readText({ headers, body }: Request, { maxBodyBytes }: BodyLimits): Promise<string> {
  if (Number(headers.get('content-length') ?? 0) > maxBodyBytes) throw new PayloadTooLargeError(maxBodyBytes)
  const chunks: Uint8Array[] = []
  let size = 0
  // Not `for await`: leaving that early would destroy the connection, and with it our answer.
  const reader = body?.getReader()
  const read = () => reader?.read().catch(() => Promise.reject(fault(400, 'The body did not arrive.')))
  for (let part = await read(); part?.value; part = await read()) {
    size += part.value.byteLength
    if (size > maxBodyBytes) throw new PayloadTooLargeError(maxBodyBytes)
    chunks.push(part.value)
  }
  const bytes = Buffer.concat(chunks)
  // Node would put U+FFFD in the place of what it can't read, and somebody would have said that.
  if (!isUtf8(bytes)) throw fault(400, 'The body is not valid UTF-8.')
  return bytes.toString('utf8')
}

function fromUrl({ searchParams }: URL): GraphQLParams {
  const json = (name: 'variables' | 'extensions') => {
    const text = searchParams.get(name)
    return text === null || text === ''
      ? undefined
      : parseJson(text, `The URL parameter \`${name}\` is not valid JSON.`)
  }
  return checkParams({
    query: searchParams.get('query') ?? undefined,
    documentId: searchParams.get('documentId') ?? undefined,
    operationName: searchParams.get('operationName') ?? undefined,
    variables: json('variables'),
    extensions: json('extensions'),
  })
}

function checkParams({
  query,
  documentId,
  operationName,
  variables,
  extensions,
}: Record<string, unknown>): GraphQLParams {
  if (operationName != null && typeof operationName !== 'string') throw fault(400, '`operationName` must be a string.')
  if (variables != null && !isObject(variables)) throw fault(400, '`variables` must be a JSON object.')
  if (extensions != null && !isObject(extensions)) throw fault(400, '`extensions` must be a JSON object.')
  if (documentId != null && typeof documentId !== 'string') throw fault(400, '`documentId` must be a string.')
  const isById = documentId != null || extensions?.['persistedQuery'] !== undefined
  if (typeof query !== 'string' && !(query == null && isById)) {
    throw fault(400, '`query` is required: a GraphQL document, as a string.')
  }
  return {
    query: query ?? '',
    ...(documentId != null && { documentId }),
    ...(operationName != null && { operationName }),
    ...(variables != null && { variables }),
    ...(extensions != null && { extensions }),
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function parseJson(text: string, complaint: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw fault(400, complaint)
  }
}

function fault(status: number, message: string, headers: Readonly<Record<string, string>> = {}): HttpRefusalError {
  return new HttpRefusalError(status, 'BAD_USER_INPUT', message, { headers })
}
