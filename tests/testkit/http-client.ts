import type { TypedDocumentNode } from '@graphql-typed-document-node/core'
import { type GraphQLFormattedError, print } from 'graphql'

export interface Answer<Data> {
  readonly status: number
  readonly data: Data | null | undefined
  readonly errors: readonly GraphQLFormattedError[]
}

/** Sends an operation over HTTP, as anybody with `fetch` would. */
export async function post<Data, Variables>(
  url: string,
  document: TypedDocumentNode<Data, Variables> | string,
  variables: Variables,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer<Data>> {
  const query = typeof document === 'string' ? document : print(document)
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query, variables }),
  })
  const body = (await response.json()) as { data?: Data | null; errors?: GraphQLFormattedError[] }
  return { status: response.status, data: body.data, errors: body.errors ?? [] }
}
