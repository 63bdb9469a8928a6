import { createHash } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { renderPlaygroundPage } from './playground-page.js'

/** The page on which a person explores the API. */
export interface Playground {
  serve(request: IncomingMessage, response: ServerResponse): Promise<void>
}

/** The page as it is sent, compressed or not. */
interface Rendering {
  readonly html: Buffer
  readonly gzipped: Buffer
  readonly headers: Readonly<Record<string, string>>
}

/** GraphiQL, all of it from this process: nothing is loaded from elsewhere. It is rendered once, at the first visit. */
export function createPlayground(): Playground {
  let rendering: Promise<Rendering> | undefined
  return {
    async serve(request, response) {
      rendering ??= render()
      const { html, gzipped, headers } = await rendering
      if (request.headers['if-none-match'] === headers['etag']) {
        response.writeHead(304, headers).end()
        return
      }
      const takesGzip = /\bgzip\b/.test(request.headers['accept-encoding'] ?? '')
      const body = takesGzip ? gzipped : html
      response.writeHead(200, {
        ...headers,
        'content-type': 'text/html; charset=utf-8',
        'content-length': body.length,
        ...(takesGzip && { 'content-encoding': 'gzip' }),
      })
      response.end(body)
    },
  }
}

async function render(): Promise<Rendering> {
  const page = await renderPlaygroundPage()
  const html = Buffer.from(page.html)
  return {
    html,
    gzipped: await promisify(gzip)(html),
    headers: {
      etag: `"${createHash('sha256').update(html).digest('base64url')}"`,
      'cache-control': 'no-cache',
      vary: 'origin, accept, accept-encoding',
      'content-security-policy': page.contentSecurityPolicy,
    },
  }
}
