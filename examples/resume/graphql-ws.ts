import type { Client, FormattedExecutionResult, Sink, SubscribePayload } from 'graphql-ws'

/** How a subscription ends for what passes, not for what the application asked. It is gone on with after a pause. */
const PASSING = new Set<unknown>(['SERVICE_UNAVAILABLE', 'INTERNAL_SERVER_ERROR', 'RATE_LIMITED'])

/** Somewhere in the first 0.5 s, 1 s, 2 s … 30 s: so that not all come back in the same moment. */
const pauseMs = (failures: number) => Math.random() * Math.min(30_000, 500 * 2 ** failures)

/**
 * Subscribes like `client.subscribe`, and delivers everything after `variables.after` once and in order, however often the
 * connection breaks. The query must hand `$after` to its field and select `cursor`, whichever of the four fields it is:
 * without `cursor` there is nothing to resume from, and what was delivered since `after` comes again.
 *
 * Without `after` it begins with what comes next, and resumes from its first delivery on; what happens before that may be
 * missed. Begin with a `timelineCursor` that was read before, and there is no such gap.
 *
 * An end by NOT_FOUND or BAD_USER_INPUT, or by a close code that is final, is for `sink.error`.
 */
export function subscribe<Data extends Record<string, { readonly cursor: string }>>(
  client: Pick<Client, 'subscribe'>,
  request: SubscribePayload,
  sink: Sink<FormattedExecutionResult<Data>>,
): () => void {
  // graphql-ws sends this very object again when it reconnects: the newest cursor has to be in it.
  const payload = { ...request, variables: { ...request.variables } }
  let failures = 0
  let stop = () => {}
  const start = () => {
    stop = client.subscribe<Data, Record<string, unknown>>(payload, {
      next(result) {
        failures = 0
        const [delivery] = Object.values<{ readonly cursor?: string } | null>(result.data ?? {})
        if (delivery?.cursor !== undefined) payload.variables.after = delivery.cursor
        sink.next(result)
      },
      error(reason) {
        const mayPass = Array.isArray(reason) && reason.some(({ extensions }) => PASSING.has(extensions?.code))
        if (!mayPass) return sink.error(reason)
        const pause = setTimeout(start, pauseMs(failures++))
        stop = () => clearTimeout(pause)
      },
      complete: () => sink.complete(),
    })
  }
  start()
  return () => stop()
}
