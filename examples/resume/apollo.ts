import { ApolloLink, CombinedGraphQLErrors } from '@apollo/client'
import { retry, tap, throwError, timer } from 'rxjs'

/** How a subscription ends for what passes, not for what the application asked. It is gone on with after a pause. */
const PASSING = new Set<unknown>(['SERVICE_UNAVAILABLE', 'INTERNAL_SERVER_ERROR', 'RATE_LIMITED'])

/** Somewhere in the first 0.5 s, 1 s, 2 s … 30 s: so that not all come back in the same moment. */
const pauseMs = (failures: number) => Math.random() * Math.min(30_000, 500 * 2 ** failures)

/**
 * Stands before Apollo's link, `resume.concat(new GraphQLWsLink(reconnectingClient(…)))`, and lets every subscription deliver
 * all that is after its variable `after` once and in order, however often the connection breaks. The document must
 * hand `$after` to its field and select `cursor`, whichever of the four fields it is.
 *
 * Without `after` a subscription begins with what comes next, and resumes from its first delivery on; what happens before
 * that may be missed. Begin with a `timelineCursor` that was read before, and there is no such gap.
 *
 * An end by NOT_FOUND or BAD_USER_INPUT, or by a close code that is final, is for the application.
 */
export const resume = new ApolloLink((operation, forward) => {
  if (operation.operationType !== 'subscription') return forward(operation)
  // The link hands this very object to graphql-ws, which sends it again: the newest cursor has to be in it.
  const variables = { ...operation.variables }
  operation.variables = variables
  return forward(operation).pipe(
    tap(({ data }) => {
      const [delivery] = Object.values<{ readonly cursor?: string } | null>(data ?? {})
      if (delivery?.cursor !== undefined) variables.after = delivery.cursor
    }),
    retry({
      resetOnSuccess: true,
      delay(reason, failures) {
        const mayPass =
          CombinedGraphQLErrors.is(reason) && reason.errors.some(({ extensions }) => PASSING.has(extensions?.code))
        return mayPass ? timer(pauseMs(failures - 1)) : throwError(() => reason)
      },
    }),
  )
})
