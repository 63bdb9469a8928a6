import {
  type DocumentNode,
  type ExecutionArgs,
  GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  Kind,
  OperationTypeNode,
} from 'graphql'
import { BadUserInputError, UnauthenticatedError } from '../errors.js'
import type { RateLimits } from '../rate-limits.js'
import type { RequestContext } from './context.js'
import { countOperation } from './count-operation.js'
import { DocumentReader, type DocumentReaderOptions, type ReadDocument } from './document-reader.js'
import { rootFieldOf } from './root-field.js'

/** An operation as a caller asks for it, over whichever transport. */
export interface OperationRequest {
  readonly query: string
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

export interface PipelineOptions extends DocumentReaderOptions {
  readonly schema: GraphQLSchema
  readonly rateLimits: RateLimits
}

export function createPipeline(options: PipelineOptions): Pipeline {
  const { schema, rateLimits } = options
  const documents = new DocumentReader(options)
  const read = ({ query, operationName, variables }: OperationRequest, contextValue: RequestContext): Outcome => {
    const { document, errors } = contextValue.viewer ? documents.read(query) : readIntrospection(documents, query)
    if (errors.length > 0) return errors
    const operation = getOperationAST(document, operationName)
    if (!operation) throw unclearOperation(operationName)
    return {
      schema,
      document,
      type: operation.operation,
      operationName: operationName ?? null,
      variableValues: variables ?? null,
      contextValue,
    }
  }
  return {
    async prepare(request, context) {
      const outcome = await orErrors(() => read(request, context))
      // What is wrong with it has been looked for by now, and counts like what is right.
      const isSend = isPrepared(outcome) && isSendOperation(outcome)
      return orErrors(async () => {
        await countOperation(rateLimits, context.viewer, isSend)
        return outcome
      })
    },
  }
}

async function orErrors(work: () => Outcome | Promise<Outcome>): Promise<Outcome> {
  try {
    return await work()
  } catch (error) {
    return [error instanceof GraphQLError ? error : new GraphQLError('', { originalError: error as Error })]
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

/** Without a token only introspection is answered; of everything else nothing is told, not even what is wrong with it. */
function readIntrospection(documents: DocumentReader, query: string): ReadDocument {
  try {
    const read = documents.read(query)
    if (isIntrospection(read.document)) return read
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
