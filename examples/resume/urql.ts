import type { ExecutionResult, SubscriptionForwarder } from '@urql/core'
import type { Client } from 'graphql-ws'

/** How a subscription ends for what passes, not for what the application asked. It is gone on with after a pause. */
const PASSING = new Set<unknown>(['SERVICE_UNAVAILABLE', 'INTERNAL_SERVER_ERROR', 'RATE_LIMITED'])

/** Somewhere in the first 0.5 s, 1 s, 2 s … 30 s: so that not all come back in the same moment. */
const pauseMs = (failures: number) => Math.random() * Math.min(30_000, 500 * 2 ** failures)

/**
 * The `forwardSubscription` of urql's `subscriptionExchange`, with which every subscription delivers all that is after its
 * variable `after` once and in order, however often the connection breaks. The document must hand `$after` to its field
 * and select `cursor`, whichever of the four fields it is.
 *
 * Without `after` a subscription begins with what comes next, and resumes from its first delivery on; what happens before
 * that may be missed. Begin with a `timelineCursor` that was read before, and there is no such gap.
 *
 * An end by NOT_FOUND or BAD_USER_INPUT, or by a close code that is final, is for the application. It looks at `error`
 * first: in `data`, urql repeats the last delivery beside it.
 */
export const resuming: (socket: Pick<Client, 'subscribe'>) => SubscriptionForwarder = (socket) => (operation) => ({
  subscribe(sink) {
    // graphql-ws sends this very object again when it reconnects: the newest cursor has to be in it.
    const payload = { ...operation, query: operation.query ?? '', variables: { ...operation.variables } }
    let failures = 0
    let unsubscribe = () => {}
    const start = () => {
      unsubscribe = socket.subscribe<Record<string, { readonly cursor?: string } | null>>(payload, {
        next(result) {
          failures = 0
          const [delivery] = Object.values(result.data ?? {})
          if (delivery?.cursor !== undefined) payload.variables.after = delivery.cursor
          sink.next(result as ExecutionResult)
        },
        error(reason) {
          if (!Array.isArray(reason)) return sink.error(reason)
          const mayPass = reason.some(({ extensions }) => PASSING.has(extensions?.code))
          // Given to `sink.error`, urql would keep the subscription, and start no other like it.
          if (!mayPass) return sink.next({ errors: reason, hasNext: false })
          const pause = setTimeout(start, pauseMs(failures++))
          unsubscribe = () => clearTimeout(pause)
        },
        complete: () => sink.complete(),
      })
    }
    start()
    return { unsubscribe: () => unsubscribe() }
  },
})
