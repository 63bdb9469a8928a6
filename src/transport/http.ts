import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import cors from 'cors'
import { uuidv7 } from 'uuidv7'
import type { Admit } from '../auth/admit.js'
import { bearerToken } from '../auth/authenticate.js'
import type { Viewer } from '../auth/viewer.js'
import type { AllowedOrigins } from '../config/config.js'
import type { Limits } from '../config/limits.js'
import { RefusalError } from '../errors.js'
import { Deadline } from '../graphql/deadline.js'
import type { ErrorFormat } from '../graphql/error-format.js'
import type { AnswerHeaders } from './answer-headers.js'
import type { ClientAddress } from './client-address.js'
import type { GraphqlOverHttp } from './graphql-over-http.js'
import type { Health } from './health.js'
import { type HttpAnswer, httpAnswerTo, methodNotAllowed } from './http-refusal.js'
import { mediaTypeFor } from './media-type.js'
import { type MetricsPage, mayReadMetrics } from './metrics-page.js'
import { isAllowedOrigin, originRefused } from './origin.js'
import type { Playground } from './playground.js'
import { refusalOfHead } from './request-head.js'

export interface HttpOptions {
  readonly graphql: GraphqlOverHttp
  readonly admit: Admit
  /** Counts a request without a token, where that may be. @throws {RateLimitedError} when it is one too many. */
  readonly countAnonymous: (address: string) => Promise<void>
  readonly clientAddress: ClientAddress
  readonly formatError: ErrorFormat
  readonly allowedOrigins: AllowedOrigins
  readonly health: Health
  readonly metrics: MetricsPage
  /** Whether introspection needs no token. */
  readonly allowsIntrospection: boolean
  /** Null: there is none. */
  readonly playground: Playground | null
  readonly answerHeaders: AnswerHeaders
  readonly limits: Pick<Limits, 'executionTimeoutMs'>
}

/** The path of the API, over HTTP and WebSocket. */
export const GRAPHQL_PATH = '/graphql'

const READING = ['GET', 'HEAD']
const READING_AND_WRITING = [...READING, 'POST', 'OPTIONS']

const SECONDS_A_PREFLIGHT_IS_GOOD_FOR = 600

/**
 * Answers HTTP requests: the API, the playground, health. Every answer carries the id of its request; it is always made
 * here, for one that a caller sends could be anybody's.
 */
export function createRequestListener(options: HttpOptions): RequestListener {
  const allowCors = cors({
    origin: (origin, allow) => allow(null, isAllowedOrigin(options.allowedOrigins, origin)),
    methods: ['GET', 'POST'],
    exposedHeaders: ['x-request-id', 'retry-after'],
    maxAge: SECONDS_A_PREFLIGHT_IS_GOOD_FOR,
    preflightContinue: true,
  })
  return (request, response) => {
    const requestId = uuidv7()
    for (const [name, value] of Object.entries(options.answerHeaders(requestId))) response.setHeader(name, value)
    allowCors(request, response, () => {
      answer(request, response, requestId, options).catch((error) =>
        refuse(response, error, requestId, options.formatError),
      )
    })
  }
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  requestId: string,
  options: HttpOptions,
): Promise<void> {
  const { graphql, health, metrics, playground } = options
  const refusal = refusalOfHead(request)
  if (refusal) throw refusal
  const path = pathOf(request)
  switch (path) {
    case GRAPHQL_PATH: {
      requireMethod(request, path, READING_AND_WRITING)
      if (request.method === 'OPTIONS') return answerPreflight(request, response, options)
      // Node leaves the body out by itself.
      if (request.method === 'HEAD') request.method = 'GET'
      if (playground && isPageVisit(request)) return playground.serve(request, response)
      const deadline = new Deadline(options.limits.executionTimeoutMs)
      const viewer = await deadline.keep(authenticateRequest(request, options))
      // Yoga makes a URL of it, and fails on a malformed one. Nothing depends on which host was asked.
      request.headers.host = 'localhost'
      request.headers.accept = mediaTypeFor(request)
      await graphql.handle(request, response, { viewer, requestId, deadline })
      return
    }
    case '/health':
      requireMethod(request, path, READING)
      return sendJson(response, 200, health.live())
    case '/ready': {
      requireMethod(request, path, READING)
      const { isReady, report } = await health.ready()
      return sendJson(response, isReady ? 200 : 503, report)
    }
    case '/metrics': {
      if (!mayReadMetrics(request, metrics)) break
      requireMethod(request, path, READING)
      const { contentType, text } = await metrics.render()
      return send(response, 200, { 'content-type': contentType }, text)
    }
    case '/':
      if (!playground) break
      requireMethod(request, path, READING)
      response.writeHead(302, { location: GRAPHQL_PATH }).end()
      return
  }
  throw new RefusalError('NOT_FOUND', `There is nothing at this address. The API is at ${GRAPHQL_PATH}.`)
}

function requireMethod({ method = '' }: IncomingMessage, path: string, methods: readonly string[]): void {
  if (!methods.includes(method)) throw methodNotAllowed(path, methods)
}

/** A page asks beforehand whether it may ask. The headers that say so are there already. */
function answerPreflight(
  { headers }: IncomingMessage,
  response: ServerResponse,
  { allowedOrigins }: HttpOptions,
): void {
  if (!isAllowedOrigin(allowedOrigins, headers.origin)) throw originRefused()
  response.writeHead(204, { allow: READING_AND_WRITING.join(', ') }).end()
}

/** Null: nobody, where that may be. What they may ask is looked at when the document is known. */
async function authenticateRequest(
  request: IncomingMessage,
  { admit, countAnonymous, clientAddress, allowsIntrospection }: HttpOptions,
): Promise<Viewer | null> {
  // Of several, `headers` would have the first.
  const { authorization: [authorization, ...others] = [] } = request.headersDistinct
  if (authorization === undefined && allowsIntrospection) {
    await countAnonymous(clientAddress(request))
    return null
  }
  return admit(others.length > 0 ? null : bearerToken(authorization), clientAddress(request))
}

/** The path of a request, whatever else is in its URL, and be it malformed. Proxies may send all of the URL (RFC 9112, 3.2.2). */
export function pathOf({ url = '/' }: IncomingMessage): string {
  return url.replace(/^https?:\/\/[^/?]*/i, '').split('?', 1)[0] ?? '/'
}

function isPageVisit({ method, headers, url = '' }: IncomingMessage): boolean {
  const parameters = new URLSearchParams(url.split('?', 2)[1])
  const isQuery = ['query', 'documentId', 'extensions'].some((name) => parameters.has(name))
  return method === 'GET' && headers.accept?.includes('text/html') === true && !isQuery
}

function refuse(response: ServerResponse, thrown: unknown, requestId: string, formatError: ErrorFormat): void {
  // In any case: it logs what went wrong.
  const { status, headers, body } = httpAnswerTo(thrown, requestId, formatError)
  if (response.headersSent) response.destroy()
  else send(response, status, headers, body)
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  send(response, status, { 'content-type': 'application/json; charset=utf-8' }, JSON.stringify(body))
}

function send(response: ServerResponse, status: number, headers: HttpAnswer['headers'], body: string): void {
  response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) }).end(body)
}
