import {
  createSourceEventStream,
  type ExecutionArgs,
  type ExecutionResult,
  execute,
  GraphQLError,
  getOperationAST,
  OperationTypeNode,
} from 'graphql'
import type { Limits } from '../config/limits.js'
import { NotFoundError } from '../errors.js'
import type { Metrics } from '../metrics.js'
import type { Context, RequestContext } from './context.js'
import { Deadline } from './deadline.js'
import { rootFieldOf } from './root-field.js'
import { wrapped } from './wrapped-error.js'

export type ContextFactory = (request: RequestContext) => Context

/** What executes operations, whichever transport they came by. The arguments carry a `RequestContext`. */
export interface Execution {
  execute(args: ExecutionArgs): Promise<ExecutionResult>
  /**
   * Results one by one. A failure, at the start, later, or of a single event, is thrown by `next()`: the client goes on
   * from the last result that it got. It is never an end like any other.
   */
  subscribe(args: ExecutionArgs): Promise<AsyncGenerator<ExecutionResult, void, void>>
}

/**
 * Each execution has a context of its own, and so has each event of a subscription: nothing that was looked up for one
 * event, least of all what the viewer may see, is still believed at the next.
 */
export function createExecution(
  createContext: ContextFactory,
  { deliveries }: Pick<Metrics, 'deliveries'>,
  { executionTimeoutMs }: Pick<Limits, 'executionTimeoutMs'>,
): Execution {
  const withContext = (args: ExecutionArgs): ExecutionArgs => ({
    ...args,
    contextValue: createContext(args.contextValue as RequestContext),
  })
  /** An answer that would hold too much is null, and says so: it was executed, a mutation carried out. */
  const executeWith = async (args: ExecutionArgs): Promise<ExecutionResult> => {
    const result = await execute(args)
    const { answerSize } = args.contextValue as Context
    if (!answerSize.isTooLarge) return result
    const isDone = getOperationAST(args.document, args.operationName)?.operation === OperationTypeNode.MUTATION
    return { data: null, errors: [wrapped(answerSize.refusal({ isDone }))] }
  }
  return {
    async execute(args) {
      const { deadline } = args.contextValue as RequestContext
      try {
        return await deadline.keep(executeWith(withContext(args)))
      } catch (error) {
        return { errors: [wrapped(error)] }
      }
    },
    async subscribe(args) {
      const request = args.contextValue as RequestContext
      const starting = createSourceEventStream(withContext(args))
      const source = await request.deadline.keep(starting).catch((error) => {
        // What starts too late after all has nobody who would end it.
        starting.then(end, () => {})
        return failing(error)
      })
      if (!(Symbol.asyncIterator in source))
        return failing(source.errors?.[0] ?? new GraphQLError('Nothing to listen to'))
      const field = rootFieldOf(args)
      const show = async (event: unknown): Promise<ExecutionResult> => {
        const context = createContext(request)
        const result = await executeWith({ ...args, contextValue: context, rootValue: event })
        if (isRevocable(event) && (await isAccessLost(context))) return show(event.revoke())
        // Passing on an event that couldn't be shown in full would lose it: the client would go on from behind it.
        if (result.errors?.[0]) throw result.errors[0]
        if (!isRevocable(event)) await context.confirmAccess()
        return result
      }
      return mapEvents(source[Symbol.asyncIterator](), async (event) => {
        const result = await new Deadline(executionTimeoutMs).keep(show(event))
        deliveries.inc({ field })
        return result
      })
    },
  }
}

/** An event of which something is shown also to a viewer who lost access while it was read; others end there. */
interface Revocable {
  /** The event without what the viewer may not see any more. */
  revoke(): unknown
}

function isRevocable(event: unknown): event is Revocable {
  return typeof event === 'object' && event !== null && 'revoke' in event
}

async function isAccessLost(context: Context): Promise<boolean> {
  try {
    await context.confirmAccess()
    return false
  } catch (error) {
    if (error instanceof NotFoundError) return true
    throw error
  }
}

async function end(source: AsyncIterable<unknown> | ExecutionResult): Promise<void> {
  if (Symbol.asyncIterator in source) await source[Symbol.asyncIterator]().return?.()
}

/** Unlike an async generator it passes `return()` on at once, also while a `next()` waits. */
function mapEvents<Event, Result>(
  source: AsyncIterator<Event>,
  map: (event: Event) => Result | Promise<Result>,
): AsyncGenerator<Result, void, void> {
  return {
    async next() {
      const { done, value } = await source.next()
      if (done) return { done, value: undefined }
      try {
        return { done: false, value: await map(value) }
      } catch (error) {
        // Nobody calls `return()` after a `next()` that failed.
        await source.return?.()
        throw error
      }
    },
    async return() {
      await source.return?.()
      return { done: true, value: undefined }
    },
    async throw(error) {
      await source.return?.()
      throw error
    },
    [Symbol.asyncIterator]() {
      return this
    },
    async [Symbol.asyncDispose]() {
      await source.return?.()
    },
  }
}

function failing(error: unknown): AsyncGenerator<ExecutionResult, void, void> {
  return mapEvents({ next: () => Promise.reject(error) }, () => ({}))
}
