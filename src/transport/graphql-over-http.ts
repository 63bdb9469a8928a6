import { type ExecutionResult, OperationTypeNode } from 'graphql'
import { createYoga, type Plugin, type YogaServerInstance } from 'graphql-yoga'
import { BadUserInputError } from '../errors.js'
import type { RequestContext } from '../graphql/context.js'
import { type ErrorFormat, rootOf } from '../graphql/error-format.js'
import type { Execution } from '../graphql/execution.js'
import { isPrepared, type OperationRequest, type Pipeline } from '../graphql/pipeline.js'
import { HttpRefusalError, httpOf } from './http-refusal.js'
import { type BodyLimits, readRequestParams } from './request-params.js'

export type GraphqlOverHttp = YogaServerInstance<RequestContext, object>

export interface GraphqlOverHttpOptions {
  readonly pipeline: Pipeline
  readonly execution: Execution
  readonly formatError: ErrorFormat
  readonly limits: BodyLimits
}

/**
 * GraphQL over HTTP, as the specification has it: Yoga reads requests and writes responses. Whatever is asked goes
 * through the pipeline, like everything else.
 */
export function createGraphqlOverHttp(options: GraphqlOverHttpOptions): GraphqlOverHttp {
  return createYoga<RequestContext>({
    graphiql: false,
    landingPage: false,
    batching: false,
    multipart: false,
    cors: false,
    logging: false,
    maskedErrors: false, // useErrorFormat does it.
    maxRequestBodySize: false, // readRequestParams has it, and says the limit.
    extraParamNames: ['documentId'],
    parserAndValidationCache: false, // The pipeline has its own.
    plugins: [useRequestParams(options), usePipeline(options), useErrorFormat(options)],
  })
}

type HttpPlugin = Plugin<object, RequestContext, RequestContext>

function useRequestParams({ pipeline, limits }: GraphqlOverHttpOptions): HttpPlugin {
  return {
    onRequestParse({ setRequestParser, serverContext }) {
      setRequestParser(async (request) => {
        try {
          return await serverContext.deadline.withoutCounting(readRequestParams(request, limits))
        } catch (error) {
          await pipeline.countUnreadable(serverContext)
          throw error
        }
      })
    },
  }
}

function usePipeline({ pipeline, execution }: GraphqlOverHttpOptions): HttpPlugin {
  return {
    onParams({ setParamsHandler }) {
      setParamsHandler(async ({ request, params, context }) => {
        // readRequestParams has seen to it that there is a query.
        const operation = await pipeline.prepare(params as OperationRequest, context)
        if (!isPrepared(operation)) return { errors: operation }
        if (operation.type === OperationTypeNode.MUTATION && request.method === 'GET') throw mutationByGet()
        if (operation.type === OperationTypeNode.SUBSCRIPTION) throw subscriptionOverHttp()
        return execution.execute(operation)
      })
    },
  }
}

function mutationByGet(): HttpRefusalError {
  return new HttpRefusalError(405, 'BAD_USER_INPUT', 'A mutation needs a POST request.', { headers: { allow: 'POST' } })
}

function subscriptionOverHttp(): BadUserInputError {
  return new BadUserInputError(
    'Subscriptions need a WebSocket: connect to this address with the protocol graphql-transport-ws.',
    { field: 'query' },
  )
}

function useErrorFormat({ formatError }: GraphqlOverHttpOptions): HttpPlugin {
  return {
    onResultProcess({ result, setResult, serverContext }) {
      if (Array.isArray(result) || !('errors' in result) || !result.errors) return
      const { data, errors } = result as ExecutionResult
      const formatted = errors?.map((error) => {
        const told = formatError(error, serverContext.requestId)
        // What was executed is 200, whatever came of it. What was refused before has a status of its own.
        if (data === undefined) told.extensions['http'] = httpOf(rootOf(error), told.extensions)
        return told
      })
      setResult({ ...(result as ExecutionResult), ...(formatted && { errors: formatted }) })
    },
  }
}
