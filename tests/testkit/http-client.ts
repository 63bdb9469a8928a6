import type { TypedDocumentNode } from '@graphql-typed-document-node/core'
import { type GraphQLFormattedError, print } from 'graphql'
import { expect } from 'vitest'

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

/** What an answer was refused with, for programs. Fails when there is anything else in it. */
export function refusalOf({ data, errors }: Answer<unknown>): Record<string, unknown> {
  expect(errors).toHaveLength(1)
  expect(Object.values(data ?? {}).filter((field) => field !== null)).toEqual([])
  return errors[0]?.extensions ?? {}
}
