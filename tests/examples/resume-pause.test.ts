import { ApolloClient, ApolloLink, CombinedGraphQLErrors, InMemoryCache } from '@apollo/client'
import { createRequest, makeOperation } from '@urql/core'
import { parse } from 'graphql'
import { type Client, type Sink, TerminatedCloseEvent } from 'graphql-ws'
import { Observable } from 'rxjs'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import * as apollo from '../../examples/resume/apollo.js'
import * as graphqlWs from '../../examples/resume/graphql-ws.js'
import * as urql from '../../examples/resume/urql.js'

/** What a subscription ends with when the database is away. */
const AWAY = [{ message: 'Try again', extensions: { code: 'SERVICE_UNAVAILABLE' } }]
const query = 'subscription { messageAdded(transactionId: "txn_1") { cursor } }'

const sinks: Sink<unknown>[] = []
const client = {
  subscribe(_payload: unknown, sink: Sink<unknown>) {
    sinks.push(sink)
    return () => {}
  },
} as Pick<Client, 'subscribe'>
const sink = { next() {}, error: vi.fn(), complete() {} }

/** Each subscribes, and returns how to stop. */
const WAYS = {
  'graphql-ws': () => graphqlWs.subscribe(client, { query }, sink),
  urql: () => {
    const context = { url: '', requestPolicy: 'network-only', preferGetMethod: false } as const
    const operation = makeOperation('subscription', createRequest(query, {}), context)
    const body = { query, operationName: undefined, variables: {}, extensions: undefined }
    return urql.resuming(client)(body, operation).subscribe(sink).unsubscribe
  },
  'Apollo Client': () => {
    const end = new ApolloLink(
      () =>
        new Observable((observer) => {
          const error = (errors: typeof AWAY) => observer.error(new CombinedGraphQLErrors({ errors }))
          sinks.push({ next: (result) => observer.next(result as ApolloLink.Result), error, complete() {} } as Sink)
        }),
    )
    const apolloClient = new ApolloClient({ cache: new InMemoryCache(), link: apollo.resume.concat(end) })
    const subscription = apolloClient.subscribe({ query: parse(query) }).subscribe(({ error }) => error && sink.error())
    return () => subscription.unsubscribe()
  },
}

beforeEach(() => {
  vi.useFakeTimers()
  sinks.length = 0
})
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

test.each(Object.entries(WAYS))(
  '%s: the pauses get longer, up to half a minute, until something is delivered',
  (_, start) => {
    vi.spyOn(Math, 'random').mockReturnValue(1)
    const pauses = () => {
      const before = Date.now()
      sinks.at(-1)?.error(AWAY)
      vi.runAllTimers()
      return Date.now() - before
    }
    start()
    expect(Array.from({ length: 8 }, pauses)).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000])
    sinks.at(-1)?.next({ data: { messageAdded: { cursor: 'one' } } })
    expect(pauses()).toBe(500)
    expect(sinks).toHaveLength(10)
    expect(sink.error).not.toHaveBeenCalled()
  },
)

test.each(Object.entries(WAYS))('%s: who stops during a pause is not subscribed again', (_, start) => {
  const stop = start()
  sinks[0]?.error(AWAY)
  expect(vi.getTimerCount()).toBe(1)
  stop()
  vi.runAllTimers()
  expect(sinks).toHaveLength(1)
})

test.each(Object.entries({ graphqlWs, apollo, urql }))(
  '%s: no connection is given up, and none is waited for too long',
  async (_, { reconnecting }) => {
    const token = vi.fn(async () => 'the token')
    const { retryAttempts, retryWait, connectionParams, shouldRetry } = reconnecting(token)
    expect(retryAttempts).toBe(Number.POSITIVE_INFINITY)
    const waiting = retryWait?.(1_000_000)
    vi.advanceTimersByTime(30_000)
    await waiting
    expect(connectionParams).toBeTypeOf('function')
    expect(shouldRetry?.({ type: 'error', message: 'connect ECONNREFUSED' })).toBe(true)
    expect(shouldRetry?.(new TerminatedCloseEvent())).toBe(true)
    expect(shouldRetry?.(new TypeError('of the application'))).toBe(false)
  },
)
