import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { EXAMPLE } from './playground-example.js'
import { PLAYGROUND_SCRIPT } from './playground-script.js'

/** A page, and the policy that it must be served with. */
export interface Page {
  readonly html: string
  readonly contentSecurityPolicy: string
}

const TITLE = 'Escrow Chat'

const LOGO = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32" width="32" height="32"><path fill="#7433ff" d="M4 4h15a3 3 0 0 1 3 3v7a3 3 0 0 1-3 3h-8l-5 5v-5H4a3 3 0 0 1-3-3V7a3 3 0 0 1 3-3z"/><path fill="#1cc8ee" d="M25 11h3a3 3 0 0 1 3 3v8a3 3 0 0 1-3 3h-1v5l-5-5h-8a3 3 0 0 1-3-3v-2h8a6 6 0 0 0 6-6z"/></svg>`

const SETTINGS = {
  title: TITLE,
  logo: LOGO,
  defaultQuery: EXAMPLE,
  // One word, so that a double click selects it.
  headers: JSON.stringify({ authorization: 'Bearer PASTE_A_TOKEN_HERE' }, null, 2),
  defaultEditorToolsVisibility: 'headers',
}

/** Renders GraphiQL with all that it needs in the page itself. Nothing of any request goes into it. */
export async function renderPlaygroundPage(): Promise<Page> {
  // 9 MB, read at the first visit: where nobody looks at the playground it isn't loaded.
  const { js, css, editorWorkerService, jsonWorker, graphqlWorker } = await import(
    '@graphql-yoga/render-graphiql/graphiql'
  )
  const workers = { editorWorkerService, json: jsonWorker, graphql: graphqlWorker }
  const script = `
const settings = ${inScript(SETTINGS)}
const workers = ${inScript(workers)}
for (const name in workers) workers[name] = URL.createObjectURL(new Blob([workers[name]], { type: 'text/javascript' }))
self.MonacoEnvironment = { globalAPI: false, getWorkerUrl: (_module, name) => workers[name] }
${await readGraphqlWs()}
${js}
{${PLAYGROUND_SCRIPT}}
`
  return {
    html: `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${TITLE}</title>
<link rel="icon" href="data:image/svg+xml,${encodeURIComponent(LOGO)}">
<style>${css}</style>
</head>
<body class="no-focus-outline">
<div id="root"><p style="padding:2rem;font-family:sans-serif">Opening the playground …</p></div>
<noscript>The playground needs JavaScript.</noscript>
<script>${script}</script>
</body>
</html>
`,
    contentSecurityPolicy: policyFor(script),
  }
}

/** The browser's build of graphql-ws: one file that makes a global. The package exports it to nobody but pages. */
function readGraphqlWs(): Promise<string> {
  const root = dirname(createRequire(import.meta.url).resolve('graphql-ws/package.json'))
  return readFile(join(root, 'umd', 'graphql-ws.min.js'), 'utf8')
}

/** As JavaScript that can't end the script element that it stands in. */
function inScript(value: unknown): string {
  return JSON.stringify(value).replaceAll('<', '\\u003c')
}

/** This script and no other; no other host, for whatever purpose. */
function policyFor(script: string): string {
  return [
    "default-src 'none'",
    `script-src 'sha256-${createHash('sha256').update(script).digest('base64')}'`,
    "style-src 'unsafe-inline'",
    'worker-src blob:',
    'font-src data:',
    'img-src data:',
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
}
