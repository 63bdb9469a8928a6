import { type ExecutionResult, type GraphQLSchema, Kind, NoSchemaIntrospectionCustomRule, parse } from 'graphql'
import { createYoga, type Plugin, type YogaServerInstance } from 'graphql-yoga'
import { BadUserInputError, UnauthenticatedError } from '../errors.js'
import type { RequestContext } from './context.js'
import { type ErrorFormat, httpExtension } from './error-format.js'
import type { Execution } from './execution.js'
import { oneMutationField } from './limits.js'
import { readRequestParams } from './request-params.js'

/** What the pipeline is given with each request. */
export interface TransportContext extends RequestContext {
  readonly transport: 'HTTP' | 'WEBSOCKET'
}

export type Pipeline = YogaServerInstance<TransportContext, object>

export interface PipelineOptions {
  readonly schema: GraphQLSchema
  readonly execution: Execution
  readonly formatError: ErrorFormat
  readonly maxBodyBytes: number
  readonly allowsIntrospection: boolean
}

/**
 * The one way of every operation, over HTTP and WebSocket alike: parse, validate, execute. HTTP goes through all of it,
 * the WebSocket takes the same steps by `getEnveloped`. A limit that holds on one door holds on all.
 */
export function createPipeline({
  schema,
  execution,
  formatError,
  maxBodyBytes,
  allowsIntrospection,
}: PipelineOptions): Pipeline {
  return createYoga<TransportContext>({
    schema,
    graphiql: false,
    landingPage: false,
    batching: false,
    multipart: false,
    cors: false,
    logging: false,
    // useErrorFormat does it for HTTP, graphql-over-websocket.ts for sockets.
    maskedErrors: false,
    maxRequestBodySize: false, // readRequestParams has it, and says the limit.
    plugins: [
      useRequestParams(maxBodyBytes),
      useExecution(execution),
      useAnonymousIntrospection(),
      useLimits(),
      ...(allowsIntrospection ? [] : [useNoIntrospection()]),
      useErrorFormat(formatError),
    ],
  })
}

type PipelinePlugin = Plugin<object, TransportContext, TransportContext>

function useRequestParams(maxBodyBytes: number): PipelinePlugin {
  return {
    onRequestParse: ({ setRequestParser }) => setRequestParser((request) => readRequestParams(request, maxBodyBytes)),
  }
}

function useExecution(execution: Execution): PipelinePlugin {
  return {
    onExecute: ({ setExecuteFn }) => setExecuteFn((args) => execution.execute(args)),
    onSubscribe({ args, setSubscribeFn }) {
      if (!('transport' in args.contextValue) || args.contextValue.transport !== 'WEBSOCKET') {
        throw new BadUserInputError(
          'Subscriptions need a WebSocket: connect to this address with the protocol graphql-transport-ws.',
          {
            field: 'query',
          },
        )
      }
      setSubscribeFn((subscribeArgs) => execution.subscribe(subscribeArgs))
    },
  }
}

/** Without a token only introspection is answered. */
function useAnonymousIntrospection(): PipelinePlugin {
  return {
    onParams({ params, context }) {
      if (context.viewer === null && !isIntrospection(params.query)) throw new UnauthenticatedError()
    },
  }
}

function isIntrospection(query: string | undefined): boolean {
  try {
    return parse(query ?? '', { noLocation: true }).definitions.every(
      (definition) =>
        definition.kind === Kind.FRAGMENT_DEFINITION ||
        (definition.kind === Kind.OPERATION_DEFINITION &&
          definition.selectionSet.selections.every(
            (selection) => selection.kind === Kind.FIELD && selection.name.value.startsWith('__'),
          )),
    )
  } catch {
    return false
  }
}

function useLimits(): PipelinePlugin {
  return { onValidate: ({ addValidationRule }) => addValidationRule(oneMutationField) }
}

function useNoIntrospection(): PipelinePlugin {
  return { onValidate: ({ addValidationRule }) => addValidationRule(NoSchemaIntrospectionCustomRule) }
}

function useErrorFormat(formatError: ErrorFormat): PipelinePlugin {
  return {
    onResultProcess({ result, setResult, serverContext }) {
      if (Array.isArray(result) || !('errors' in result) || !result.errors) return
      const { data, errors } = result as ExecutionResult
      const formatted = errors?.map((error) => {
        const told = formatError(error, serverContext.requestId)
        // What was executed is 200, whatever came of it. What was refused before has a status of its own.
        if (data === undefined) told.extensions['http'] = error.extensions?.['http'] ?? httpExtension(told.extensions)
        return told
      })
      setResult({ ...(result as ExecutionResult), ...(formatted && { errors: formatted }) })
    },
  }
}
