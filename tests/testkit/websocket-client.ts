import type { TypedDocumentNode } from '@graphql-typed-document-node/core'
import { type FormattedExecutionResult, print } from 'graphql'
import { type Client, createClient } from 'graphql-ws'
import { WebSocket } from 'ws'

/** A graphql-ws client that doesn't come back by itself, so that a test sees each end. */
export function connect(webSocketUrl: string, token: string): Client {
  return createClient({
    url: webSocketUrl,
    webSocketImpl: WebSocket,
    connectionParams: { authorization: `Bearer ${token}` },
    retryAttempts: 0,
    lazy: true,
  })
}

/** What a subscription has delivered so far, and what it will. */
export interface Listener<Data> {
  /** The next result, waited for. Fails when the subscription ends instead. */
  next(): Promise<Data>
  /** The next `count` results. */
  take(count: number): Promise<Data[]>
  /** All results that are still to come, as soon as it has ended. */
  untilEnd(): Promise<Data[]>
  /** How it ended: with these errors, completed (null), or with the close event of the socket. */
  readonly ended: Promise<unknown>
  stop(): void
}

/**
 * Subscribes. The protocol doesn't say when the server has taken a subscription up: give it an `after`, and nothing can
 * fall in between.
 */
export function listen<Data, Variables extends Record<string, unknown>>(
  client: Client,
  document: TypedDocumentNode<Data, Variables> | string,
  variables: Variables,
): Listener<Data> {
  const results: Data[] = []
  let wake = () => {}
  let end: (how: unknown) => void = () => {}
  let isEnded = false
  const ended = new Promise<unknown>((resolve) => {
    end = resolve
  })
  const finish = (how: unknown) => {
    isEnded = true
    end(how)
    wake()
  }
  const query = typeof document === 'string' ? document : print(document)
  const stop = client.subscribe<Data>(
    { query, variables },
    {
      next(result: FormattedExecutionResult<Data, unknown>) {
        if (result.errors) finish(result.errors)
        else if (result.data != null) results.push(result.data)
        wake()
      },
      error: finish,
      complete: () => finish(null),
    },
  )
  const next = async (): Promise<Data> => {
    for (;;) {
      const result = results.shift()
      if (result !== undefined) return result
      if (isEnded) throw new Error(`The subscription ended: ${JSON.stringify(await ended)}`)
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    }
  }
  return {
    next,
    async take(count) {
      const taken: Data[] = []
      while (taken.length < count) taken.push(await next())
      return taken
    },
    async untilEnd() {
      await ended
      return results.splice(0)
    },
    ended,
    stop,
  }
}
