import { GraphQLError, parse, Source } from 'graphql'
import { pino } from 'pino'
import { beforeEach, describe, expect, test } from 'vitest'
import {
  BadUserInputError,
  ConflictError,
  type ErrorCode,
  ForbiddenError,
  NotFoundError,
  OperationTooComplexError,
  PayloadTooLargeError,
  RateLimitedError,
  type RefusalError,
  ServiceUnavailableError,
  UnauthenticatedError,
} from '../../src/errors.js'
import { createErrorFormat } from '../../src/graphql/error-format.js'
import { HTTP_STATUS } from '../../src/transport/http-refusal.js'

const logged: Record<string, unknown>[] = []
const log = pino({ level: 'trace' }, { write: (line: string) => logged.push(JSON.parse(line)) })
const isUnavailable = (error: unknown) => error instanceof Error && error.message === 'no connection'
const format = createErrorFormat({ log, isUnavailable, allowsIntrospection: true })
const formatHidden = createErrorFormat({ log, isUnavailable, allowsIntrospection: false })

beforeEach(() => {
  logged.length = 0
})

const nodes = parse(new Source('{ viewer { id } }')).definitions
const inExecution = (originalError: Error) =>
  new GraphQLError(originalError.message, { nodes, path: ['viewer'], originalError })

describe('a refusal', () => {
  const refusals: [RefusalError, ErrorCode, object][] = [
    [new UnauthenticatedError(), 'UNAUTHENTICATED', {}],
    [new ForbiddenError('Not yours.'), 'FORBIDDEN', {}],
    [new NotFoundError('message', 'messageId'), 'NOT_FOUND', { field: 'messageId' }],
    [new NotFoundError('page'), 'NOT_FOUND', {}],
    [
      new BadUserInputError('Too long.', { field: 'content', limit: 1 }),
      'BAD_USER_INPUT',
      { field: 'content', limit: 1 },
    ],
    [new ConflictError('Deleted.', { field: 'messageId' }), 'CONFLICT', { field: 'messageId' }],
    [new PayloadTooLargeError(9), 'PAYLOAD_TOO_LARGE', { limit: 9 }],
    [new OperationTooComplexError('Too deep.', 9), 'OPERATION_TOO_COMPLEX', { limit: 9 }],
    [new OperationTooComplexError('Too dear.', 9, 10), 'OPERATION_TOO_COMPLEX', { limit: 9, cost: 10 }],
    [new RateLimitedError('messages', 9, { retryAfterMs: 1 }), 'RATE_LIMITED', { limit: 9, retryAfterMs: 1 }],
    [new ServiceUnavailableError(), 'SERVICE_UNAVAILABLE', {}],
  ]

  test.each(refusals)('%s is told as it is, with code and details', (refusal, code, details) => {
    const { message, extensions, path } = format(inExecution(refusal), 'id')
    expect({ message, extensions, path }).toEqual({
      message: refusal.message,
      extensions: { code, ...details },
      path: ['viewer'],
    })
  })

  test('outside of GraphQL is told in the same words', () => {
    const { message, extensions, path } = format(new ForbiddenError('Not yours.'), 'id')
    expect({ message, extensions, path }).toEqual({
      message: 'Not yours.',
      extensions: { code: 'FORBIDDEN' },
      path: undefined,
    })
    expect(logged).toEqual([])
  })

  test('is found however deep it is wrapped', () => {
    const error = inExecution(inExecution(new ForbiddenError('Not yours.')))
    expect(format(error, 'id').extensions).toEqual({ code: 'FORBIDDEN' })
  })
})

describe('where hints are off, of a refusal', () => {
  test.each<[RefusalError, object]>([
    [new PayloadTooLargeError(777), {}],
    [new OperationTooComplexError('Too deep.', 777), {}],
    [new RateLimitedError('messages', 777, { retryAfterMs: 1 }), { retryAfterMs: 1 }],
  ])('%s the limit is not told, for it protects the service', (refusal, details) => {
    const told = formatHidden(inExecution(refusal), 'id')
    expect(told.extensions).toEqual({ code: refusal.code, ...details })
    expect(JSON.stringify(told)).not.toContain('777')
  })

  test('of input the limit is told, for the caller must keep to it', () => {
    const told = formatHidden(new BadUserInputError('Too long.', { field: 'content', limit: 777 }), 'id')
    expect(told.extensions).toEqual({ code: 'BAD_USER_INPUT', field: 'content', limit: 777 })
  })
})

test('while everything is refused as unavailable, the log says so once in 10 s, with how often', () => {
  let now = 0
  const seldom = createErrorFormat({ log, isUnavailable, allowsIntrospection: true, now: () => now })
  for (let nth = 0; nth < 1_000; nth += 1) seldom(new ServiceUnavailableError(), 'id')
  now = 9_999
  seldom(new Error('no connection'), 'id')
  now = 10_000
  seldom(new Error('no connection'), 'id')
  expect(logged).toMatchObject([
    { msg: 'Refused as unavailable', refusals: 1 },
    { msg: 'Refused as unavailable', refusals: 1_001, err: { message: 'no connection' } },
  ])
})

describe('a fault of the document', () => {
  const hint = new GraphQLError('Cannot query field "a". Did you mean "b" or "c"?', { nodes })

  test('is told as it is, as BAD_USER_INPUT', () => {
    const { message, extensions } = format(hint, 'id')
    expect([message, extensions]).toEqual([hint.message, { code: 'BAD_USER_INPUT' }])
    expect(logged).toEqual([])
  })

  test('is told without a hint where hints are off', () => {
    expect(formatHidden(hint, 'id').message).toBe('Cannot query field "a".')
  })

  test('loses the codes and details that libraries give it', () => {
    const foreign = new GraphQLError('Bad.', { nodes, extensions: { code: 'GRAPHQL_PARSE_FAILED', stack: 'secret' } })
    expect(format(foreign, 'id').extensions).toEqual({ code: 'BAD_USER_INPUT' })
  })
})

describe('anything else', () => {
  const fault = new TypeError("Cannot read properties of undefined (reading 'secret')")

  test.each([
    ['an error in execution', inExecution(fault)],
    ['an error by itself', fault],
    ['what is no error at all', 'secret'],
    ['nothing', undefined],
    ['a GraphQL error of a resolver', inExecution(new GraphQLError('secret'))],
  ])('%s is masked, with the request id, and is in the log', (_, error) => {
    const told = format(error, 'request-1')
    expect(told.extensions).toEqual({ code: 'INTERNAL_SERVER_ERROR', requestId: 'request-1' })
    expect(JSON.stringify(told)).not.toContain('secret')
    expect(logged).toMatchObject([{ level: 50, requestId: 'request-1' }])
  })

  test('is SERVICE_UNAVAILABLE when it means that the database could not be asked', () => {
    const told = createErrorFormat({ log, isUnavailable, allowsIntrospection: true })(
      inExecution(new Error('no connection')),
      'request-1',
    )
    expect(told.extensions).toEqual({ code: 'SERVICE_UNAVAILABLE' })
    expect(told.message).toContain('Try again shortly')
    expect(logged).toMatchObject([{ level: 40, requestId: 'request-1' }])
  })
})

test('every code has its HTTP status', () => {
  expect(HTTP_STATUS).toEqual({
    UNAUTHENTICATED: 401,
    FORBIDDEN: 403,
    NOT_FOUND: 404,
    BAD_USER_INPUT: 400,
    CONFLICT: 409,
    RATE_LIMITED: 429,
    PAYLOAD_TOO_LARGE: 413,
    OPERATION_TOO_COMPLEX: 400,
    SERVICE_UNAVAILABLE: 503,
    INTERNAL_SERVER_ERROR: 500,
  })
})
