import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import cors from 'cors'
import { uuidv7 } from 'uuidv7'
import type { Admit } from '../auth/admit.js'
import { bearerToken } from '../auth/authenticate.js'
import type { Viewer } from '../auth/viewer.js'
import type { AllowedOrigins } from '../config.js'
import { type ErrorCode, RefusalError } from '../errors.js'
import { Deadline } from '../graphql/deadline.js'
import { type ErrorFormat, HTTP_STATUS, httpExtension } from '../graphql/error-format.js'
import type { ClientAddress } from './client-address.js'
import type { GraphqlOverHttp } from './graphql-over-http.js'
import type { Health } from './health.js'
import { type MetricsPage, mayReadMetrics } from './metrics-page.js'
import { isAllowedOrigin } from './origin.js'
import type { Playground } from './playground.js'

export interface HttpOptions {
  readonly graphql: GraphqlOverHttp
  readonly admit: Admit
  readonly clientAddress: ClientAddress
  readonly formatError: ErrorFormat
  readonly allowedOrigins: AllowedOrigins
  readonly health: Health
  readonly metrics: MetricsPage
  /** Null: there is none, and introspection needs a token like everything else. */
  readonly playground: Playground | null
}

/** The path of the API, over HTTP and WebSocket. */
export const GRAPHQL_PATH = '/graphql'

const SECONDS_A_PREFLIGHT_IS_GOOD_FOR = 600

/** Answers HTTP requests: the API, the playground, health. Every answer carries the id of its request. */
export function createRequestListener(options: HttpOptions): RequestListener {
  const allowCors = cors({
    origin: (origin, allow) => allow(null, isAllowedOrigin(options.allowedOrigins, origin)),
    methods: ['GET', 'POST'],
    exposedHeaders: ['x-request-id', 'retry-after'],
    maxAge: SECONDS_A_PREFLIGHT_IS_GOOD_FOR,
  })
  return (request, response) => {
    const requestId = uuidv7()
    response.setHeader('x-request-id', requestId)
    response.setHeader('cache-control', 'no-store')
    // It answers preflight requests by itself.
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
  switch (pathOf(request)) {
    case GRAPHQL_PATH: {
      if (playground && isPageVisit(request)) return playground.serve(request, response)
      const deadline = new Deadline()
      const viewer = await deadline.keep(authenticateRequest(request, options))
      // Yoga makes a URL of it, and fails on a malformed one. Nothing depends on which host was asked.
      request.headers.host = 'localhost'
      // Event streams aren't spoken here: whoever asks for one is answered in JSON.
      if (/text\/event-stream|multipart\/mixed/.test(request.headers.accept ?? '')) delete request.headers.accept
      await graphql.handle(request, response, { viewer, requestId, deadline })
      return
    }
    case '/health':
      return sendJson(response, 200, health.live())
    case '/ready': {
      const { isReady, report } = await health.ready()
      return sendJson(response, isReady ? 200 : 503, report)
    }
    case '/metrics': {
      if (!mayReadMetrics(request, metrics)) break
      const { contentType, text } = await metrics.render()
      response.writeHead(200, { 'content-type': contentType }).end(text)
      return
    }
    case '/':
      if (!playground) break
      response.writeHead(302, { location: GRAPHQL_PATH }).end()
      return
  }
  throw new RefusalError('NOT_FOUND', `There is nothing at this address. The API is at ${GRAPHQL_PATH}.`)
}

/** Null: nobody, where that may be. What they may ask is looked at when the document is known. */
async function authenticateRequest(
  request: IncomingMessage,
  { admit, clientAddress, playground }: HttpOptions,
): Promise<Viewer | null> {
  // Of several, `headers` would have the first.
  const { authorization: [authorization, ...others] = [] } = request.headersDistinct
  if (authorization === undefined && playground) return null
  return admit(others.length > 0 ? null : bearerToken(authorization), clientAddress(request))
}

/** The path of a request, whatever else is in its URL, and be it malformed. Proxies may send all of the URL (RFC 9112, 3.2.2). */
export function pathOf({ url = '/' }: IncomingMessage): string {
  return url.replace(/^https?:\/\/[^/?]*/i, '').split('?', 1)[0] ?? '/'
}

function isPageVisit({ method, headers, url = '' }: IncomingMessage): boolean {
  const isQuery = new URLSearchParams(url.split('?', 2)[1]).has('query')
  return method === 'GET' && headers.accept?.includes('text/html') === true && !isQuery
}

function refuse(response: ServerResponse, thrown: unknown, requestId: string, formatError: ErrorFormat): void {
  const error = formatError(thrown, requestId)
  if (response.headersSent) {
    response.destroy()
    return
  }
  const code = error.extensions['code'] as ErrorCode
  for (const [name, value] of Object.entries(httpExtension(error.extensions).headers ?? {})) {
    response.setHeader(name, value)
  }
  sendJson(response, HTTP_STATUS[code], { errors: [error] })
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' })
  response.end(JSON.stringify(body))
}
