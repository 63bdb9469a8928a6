import {
  type DocumentNode,
  type ExecutionArgs,
  GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  OperationTypeNode,
} from 'graphql'
import type { Limits } from '../config/limits.js'
import { BadUserInputError, UnauthenticatedError } from '../errors.js'
import type { RateLimits } from '../rate-limits.js'
import type { RequestContext } from './context.js'
import { countOperation } from './count-operation.js'
import { nestedTooDeeply } from './document-limits.js'
import type { DocumentReader, ReadDocument } from './document-reader.js'
import { shortened, withoutSchemaNames } from './fault-messages.js'
import { asksForSchemaAlone } from './introspection.js'
import { checkCost, costOf } from './operation-cost.js'
import { checkVariables } from './operation-variables.js'
import { rootFieldOf } from './root-field.js'
import { type DocumentRequest, isNamedById, type TrustedDocuments } from './trusted-documents.js'
import { wrapped } from './wrapped-error.js'

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

/**
 * The one way of every operation to its execution, over HTTP and WebSocket alike: whatever is to be checked of it is
 * checked here, so that a limit that holds on one door holds on all.
 */
export class Pipeline {
  readonly #options: PipelineOptions

  constructor(options: PipelineOptions) {
    this.#options = options
  }

  /** What can be executed, or why it can't. It never rejects. */
  async prepare(request: OperationRequest, context: RequestContext): Promise<Outcome> {
    const outcome = this.#check(request, context)
    try {
      // What is wrong with it has been looked for by now, and counts like what is right.
      await countOperation(this.#options.rateLimits, context.viewer, isPrepared(outcome) && isSendOperation(outcome))
      return outcome
    } catch (error) {
      return [wrapped(error)]
    }
  }

  /**
   * Counts a request of which no operation could be made out, like one that could: it costs as much to find that out.
   *
   * @throws {RateLimitedError} when it is one too many.
   */
  countUnreadable({ viewer }: Pick<RequestContext, 'viewer'>): Promise<void> {
    return countOperation(this.#options.rateLimits, viewer, false)
  }

  /** What can be executed, or what is told of why it can't. */
  #check(request: OperationRequest, context: RequestContext): Outcome {
    try {
      const { document, errors } = this.#read(request, context)
      return errors.length > 0 ? this.#told(errors, request) : this.#choose(document, request, context)
    } catch (error) {
      if (error instanceof GraphQLError) return this.#told([error], request)
      // The stack is used up. Only a limit that was set very high lets it come to that.
      return [wrapped(error instanceof RangeError ? nestedTooDeeply(this.#options.limits.maxQueryDepth) : error)]
    }
  }

  /** Without a token only introspection is answered; of everything else nothing is told, not even what is wrong with it. */
  #read(request: OperationRequest, { viewer }: RequestContext): ReadDocument {
    if (viewer) return this.#readAny(request)
    try {
      const read = this.#readAny(request)
      if (asksForSchemaAlone(read.document)) return read
    } catch {
      // Answered like everything else.
    }
    throw new UnauthenticatedError()
  }

  #readAny(request: OperationRequest): ReadDocument {
    const { documents, trustedDocuments, limits } = this.#options
    checkVariables(request.variables ?? {}, limits.maxQueryTokens)
    if (trustedDocuments) return documents.read(trustedDocuments.textOf(request))
    if (request.query !== '') return documents.read(request.query)
    const message = isNamedById(request)
      ? 'Documents have no ids here: send the text of this one in `query`.'
      : '`query` is empty: send the text of the document.'
    throw new BadUserInputError(message, { field: 'query' })
  }

  /** The operation of a good document that is asked for. */
  #choose(document: DocumentNode, request: OperationRequest, contextValue: RequestContext): PreparedOperation {
    const { schema, allowsIntrospection, limits } = this.#options
    const { operationName, variables } = request
    const operation = getOperationAST(document, operationName)
    if (!operation) throw unclearOperation(operationName)
    checkCost(costOf(schema, { document, operation, variables: variables ?? {} }), limits.maxQueryCost)
    return {
      schema,
      document,
      type: operation.operation,
      operationName: operationName ?? null,
      variableValues: variables ?? {},
      hideSuggestions: !allowsIntrospection,
      contextValue,
    }
  }

  #told(faults: readonly GraphQLError[], { query, variables }: OperationRequest): readonly GraphQLError[] {
    if (this.#options.allowsIntrospection) return shortened(faults)
    return withoutSchemaNames(faults, { query, variables: variables ?? {} })
  }
}

/** A mutation has one field. */
function isSendOperation(operation: PreparedOperation): boolean {
  return operation.type === OperationTypeNode.MUTATION && rootFieldOf(operation) === 'sendMessage'
}

/** Whether an operation was let through. */
export function isPrepared(outcome: Outcome): outcome is PreparedOperation {
  return 'document' in outcome
}

function unclearOperation(operationName: string | null | undefined): BadUserInputError {
  const message =
    operationName == null
      ? 'The document must have one operation, or `operationName` say which of several is meant.'
      : 'The document has no operation of the name in `operationName`.'
  return new BadUserInputError(message, { field: 'operationName' })
}
