import {
  type DocumentNode,
  type ExecutionArgs,
  GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  Kind,
  OperationTypeNode,
} from 'graphql'
import type { Limits } from '../config-limits.js'
import { BadUserInputError, UnauthenticatedError } from '../errors.js'
import type { RateLimits } from '../rate-limits.js'
import type { RequestContext } from './context.js'
import { countOperation } from './count-operation.js'
import { nestedTooDeeply } from './document-limits.js'
import type { DocumentReader, ReadDocument } from './document-reader.js'
import { toldFaults, toldWithoutSchema } from './fault-messages.js'
import { checkCost, costOf } from './operation-cost.js'
import { checkVariables } from './operation-variables.js'
import { rootFieldOf } from './root-field.js'
import type { DocumentRequest, TrustedDocuments } from './trusted-documents.js'

/** An operation as a caller asks for it, over whichever transport. */
export interface OperationRequest extends DocumentRequest {
  readonly operationName?: string | null | undefined
  readonly variables?: Readonly<Record<string, unknown>> | null | undefined
}

/** An operation that was let through: ready to be executed. */
export interface PreparedOperation extends ExecutionArgs {
  readonly type: OperationTypeNode
  readonly contextValue: RequestContext
}

type Outcome = PreparedOperation | readonly GraphQLError[]

/**
 * The one way of every operation to its execution, over HTTP and WebSocket alike: whatever is to be checked of it is
 * checked here, so that a limit that holds on one door holds on all.
 */
export interface Pipeline {
  /** What can be executed, or why it can't. It never rejects. */
  prepare(request: OperationRequest, context: RequestContext): Promise<Outcome>
}

export interface PipelineOptions {
  readonly schema: GraphQLSchema
  readonly rateLimits: RateLimits
  /** Whether errors may name what the caller might have meant, and all that is in the schema. */
  readonly allowsIntrospection: boolean
  readonly documents: DocumentReader
  /** The only documents that are taken; null: any is. */
  readonly trustedDocuments: TrustedDocuments | null
  readonly limits: Pick<Limits, 'maxQueryTokens' | 'maxQueryDepth' | 'maxQueryCost'>
}

export function createPipeline(options: PipelineOptions): Pipeline {
  const { schema, rateLimits, allowsIntrospection, documents, trustedDocuments, limits } = options
  const textOf = (request: OperationRequest): string => {
    if (trustedDocuments) return trustedDocuments.textOf(request)
    if (request.query !== '') return request.query
    throw new BadUserInputError('`query` is empty: all of the document must stand there.', { field: 'query' })
  }
  const read = (request: OperationRequest, contextValue: RequestContext): Outcome => {
    const { operationName } = request
    const variables = request.variables ?? {}
    const readDocument = () => {
      checkVariables(variables, limits.maxQueryTokens)
      return documents.read(textOf(request))
    }
    const { document, errors } = contextValue.viewer ? readDocument() : readIntrospection(readDocument)
    if (errors.length > 0) return errors
    const operation = getOperationAST(document, operationName)
    if (!operation) throw unclearOperation(operationName)
    checkCost(costOf(schema, { document, operation, variables }), limits.maxQueryCost)
    return {
      schema,
      document,
      type: operation.operation,
      operationName: operationName ?? null,
      variableValues: variables,
      hideSuggestions: !allowsIntrospection,
      contextValue,
    }
  }
  const told = (faults: readonly GraphQLError[], { query, variables }: OperationRequest) =>
    allowsIntrospection ? toldFaults(faults) : toldWithoutSchema(faults, { query, variables: variables ?? {} })
  const orFaults = (request: OperationRequest, context: RequestContext): Outcome => {
    try {
      const outcome = read(request, context)
      return isPrepared(outcome) ? outcome : told(outcome, request)
    } catch (error) {
      if (error instanceof GraphQLError) return told([error], request)
      // The stack is used up. Only a limit that was set very high lets it come to that.
      return [wrapped(error instanceof RangeError ? nestedTooDeeply(limits.maxQueryDepth) : error)]
    }
  }
  return {
    async prepare(request, context) {
      const outcome = orFaults(request, context)
      try {
        // What is wrong with it has been looked for by now, and counts like what is right.
        await countOperation(rateLimits, context.viewer, isPrepared(outcome) && isSendOperation(outcome))
        return outcome
      } catch (error) {
        return [wrapped(error)]
      }
    },
  }
}

function wrapped(error: unknown): GraphQLError {
  return new GraphQLError('', { originalError: error as Error })
}

/** A mutation has one field. */
function isSendOperation(operation: PreparedOperation): boolean {
  return operation.type === OperationTypeNode.MUTATION && rootFieldOf(operation) === 'sendMessage'
}

/** Whether an operation was let through. */
export function isPrepared(outcome: Outcome): outcome is PreparedOperation {
  return 'document' in outcome
}

/** Without a token only introspection is answered; of everything else nothing is told, not even what is wrong with it. */
function readIntrospection(read: () => ReadDocument): ReadDocument {
  try {
    const document = read()
    if (isIntrospection(document.document)) return document
  } catch {
    // Answered like everything else.
  }
  throw new UnauthenticatedError()
}

function isIntrospection({ definitions }: DocumentNode): boolean {
  return definitions.every(
    (definition) =>
      definition.kind === Kind.FRAGMENT_DEFINITION ||
      (definition.kind === Kind.OPERATION_DEFINITION &&
        definition.selectionSet.selections.every(
          (selection) => selection.kind === Kind.FIELD && selection.name.value.startsWith('__'),
        )),
  )
}

function unclearOperation(operationName: string | null | undefined): BadUserInputError {
  const message =
    operationName == null
      ? 'The document must have one operation, or `operationName` say which of several is meant.'
      : 'The document has no operation of the name in `operationName`.'
  return new BadUserInputError(message, { field: 'operationName' })
}
