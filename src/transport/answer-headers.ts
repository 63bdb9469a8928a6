import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import helmet from 'helmet'

/** The headers that every answer carries, whoever gives it: the API, an error, a refused upgrade, the parser of HTTP. */
export type AnswerHeaders = (requestId: string) => Readonly<Record<string, string>>

/** @param isBehindTls whether browsers may be told to come by TLS alone. The service itself speaks none: its proxy does. */
export function createAnswerHeaders({ isBehindTls }: { readonly isBehindTls: boolean }): AnswerHeaders {
  const protective = protectiveHeaders(isBehindTls)
  return (requestId) => ({
    ...protective,
    'cache-control': 'no-store',
    vary: 'Origin',
    'x-request-id': requestId,
  })
}

/** Helmet's headers. They depend on no request, so it is asked once, also for answers that go out without a response of Node. */
function protectiveHeaders(isBehindTls: boolean): Record<string, string> {
  const set = helmet({
    // Nothing that we answer is a page. The playground is, and has a policy of its own.
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        baseUri: ["'none'"],
        formAction: ["'none'"],
        frameAncestors: ["'none'"],
      },
    },
    xFrameOptions: { action: 'deny' },
    // For this host alone: what runs beside it, under names below, is none of ours.
    strictTransportSecurity: isBehindTls && { includeSubDomains: false },
  })
  const response = new ServerResponse(new IncomingMessage(new Socket()))
  set(response.req, response, () => {})
  return Object.fromEntries(Object.entries(response.getHeaders()).map(([name, value]) => [name, String(value)]))
}
