import { ApolloClient, ApolloLink, CombinedGraphQLErrors, InMemoryCache } from '@apollo/client'
import { createRequest, makeOperation } from '@urql/core'
import { parse } from 'graphql'
import type { Client, Sink } from 'graphql-ws'
import { Observable } from 'rxjs'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import * as apollo from '../../examples/resume/apollo.js'
import * as graphqlWs from '../../examples/resume/graphql-ws.js'
import * as urql from '../../examples/resume/urql.js'

/** What a subscription ends with when the database is away, when something failed, or when too much was asked. */
const PASSING = ['SERVICE_UNAVAILABLE', 'INTERNAL_SERVER_ERROR', 'RATE_LIMITED'].map((code) => [
  { message: 'Try again', extensions: { code } },
])
const [AWAY = []] = PASSING
const query = 'subscription ($after: String) { messageAdded(transactionId: "txn_1", after: $after) { cursor } }'
const variables = { after: 'first' }

const sinks: Sink<unknown>[] = []
/** What graphql-ws was given, and sends again. */
const payloads: unknown[] = []
const client = {
  subscribe(payload: unknown, sink: Sink<unknown>) {
    payloads.push(payload)
    sinks.push(sink)
    return () => {}
  },
} as Pick<Client, 'subscribe'>
const sink = { next() {}, error: vi.fn(), complete() {} }

/** Each subscribes, and returns how to stop. */
const WAYS = {
  'graphql-ws': () => graphqlWs.subscribe(client, { query, variables }, sink),
  urql: () => {
    const context = { url: '', requestPolicy: 'network-only', preferGetMethod: false } as const
    const operation = makeOperation('subscription', createRequest(query, variables), context)
    const body = { query, operationName: undefined, variables, extensions: undefined }
    return urql.resuming(client)(body, operation).subscribe(sink).unsubscribe
  },
  'Apollo Client': () => {
    const end = new ApolloLink(
      (operation) =>
        new Observable((observer) => {
          payloads.push(operation)
          const error = (errors: typeof AWAY) => observer.error(new CombinedGraphQLErrors({ errors }))
          sinks.push({ next: (result) => observer.next(result as ApolloLink.Result), error, complete() {} } as Sink)
        }),
    )
    const apolloClient = new ApolloClient({ cache: new InMemoryCache(), link: apollo.resume.concat(end) })
    const subscription = apolloClient
      .subscribe({ query: parse(query), variables })
      .subscribe(({ error }) => error && sink.error())
    return () => subscription.unsubscribe()
  },
}

beforeEach(() => {
  vi.useFakeTimers()
  sinks.length = 0
  payloads.length = 0
})
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

test.each(Object.entries(WAYS))(
  '%s: the pauses get longer, up to half a minute, until something is delivered',
  (_, start) => {
    vi.spyOn(Math, 'random').mockReturnValue(1)
    const pauses = (nth = 0) => {
      const before = Date.now()
      sinks.at(-1)?.error(PASSING[nth % PASSING.length] ?? AWAY)
      vi.runAllTimers()
      return Date.now() - before
    }
    start()
    expect(Array.from({ length: 8 }, (_, nth) => pauses(nth))).toEqual([
      500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000,
    ])
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

test.each(Object.entries(WAYS))('%s: a delivery without a cursor leaves the one that there is', (_, start) => {
  start()
  sinks[0]?.next({ data: { messageAdded: {} } })
  expect(payloads).toMatchObject([{ variables: { after: 'first' } }])
  sinks[0]?.next({ data: { messageAdded: { cursor: 'second' } } })
  expect(payloads).toMatchObject([{ variables: { after: 'second' } }])
})
