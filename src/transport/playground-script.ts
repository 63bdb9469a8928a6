/**
 * What runs in the page, after GraphiQL and graphql-ws: their glue. It expects `settings` and the globals
 * `YogaGraphiQL` and `graphqlWs`.
 *
 * The fetcher that GraphiQL brings along is not used: it sends the headers pane along with a subscription, but not in
 * `connectionParams`, where a token belongs, and shows a refused connection as nothing at all.
 */
export const PLAYGROUND_SCRIPT = `
const endpoint = location.origin + location.pathname

const TOKEN_HINT =
  'Put a token into the Headers pane, below the operations, in the place of PASTE_A_TOKEN_HERE. ' +
  'With demo data, the service prints one for each person when it starts; they are good for 7 days.'

function failure(message, code) {
  return { errors: [{ message, ...(code && { extensions: { code } }) }] }
}

function note(text) {
  return { extensions: { playground: text } }
}

function withHint(result) {
  const isRefused = result.errors?.some(({ extensions }) => extensions?.code === 'UNAUTHENTICATED')
  return isRefused ? { ...result, ...note(TOKEN_HINT) } : result
}

async function fetcher(request, { headers, documentAST } = {}) {
  let sent
  try {
    sent = Object.fromEntries(new Headers(headers))
  } catch (error) {
    return failure("The Headers pane holds what can't be sent. " + error.message)
  }
  if (isSubscription(documentAST, request.operationName)) return listen(request, sent)
  // What the API looks like is public here: an old token in the pane must not keep the documentation away.
  return post(request, request.operationName === 'IntrospectionQuery' ? {} : sent)
}

function isSubscription(documentAST, operationName) {
  const operations = documentAST?.definitions.filter(({ kind }) => kind === 'OperationDefinition') ?? []
  const chosen = operations.find(({ name }) => name?.value === operationName) ?? operations[0]
  return chosen?.operation === 'subscription'
}

async function post(request, headers) {
  let response
  try {
    response = await fetch(endpoint, {
      method: 'POST',
      credentials: 'omit',
      headers: { accept: 'application/json', ...headers, 'content-type': 'application/json' },
      body: JSON.stringify(request),
    })
  } catch {
    return failure('The service does not answer. Is it still running?')
  }
  try {
    return withHint(await response.json())
  } catch {
    return failure('The service answered with status ' + response.status + ' and without JSON.')
  }
}

// A connection for each run, so it always carries the token that is in the pane now. It is not opened again by itself:
// what was said in between would be missed without a word.
function listen(request, connectionParams) {
  return {
    subscribe(pane) {
      let isWanted = true
      const show = (result) => isWanted && pane.next(withHint(result))
      const end = () => isWanted && pane.complete()
      const client = graphqlWs.createClient({
        url: endpoint.replace(/^http/, 'ws'),
        connectionParams,
        retryAttempts: 0,
        on: { connected: () => show(note('Listening. What comes is shown here, the newest in the place of the one before.')) },
      })
      const stop = client.subscribe(request, {
        next: show,
        error(cause) {
          show(explain(cause))
          end()
        },
        complete: end,
      })
      return {
        unsubscribe() {
          isWanted = false
          stop()
        },
      }
    },
  }
}

// The cause is what the service said about the operation, or how the socket was closed.
function explain(cause) {
  if (Array.isArray(cause)) return { errors: cause }
  const { code, reason } = cause
  if (code === 4403) {
    const message = reason === 'Token expired' ? 'The token has expired.' : 'A valid token is needed.'
    return failure(message + ' The service closed the connection.', 'UNAUTHENTICATED')
  }
  const how = code === undefined ? cause.message : [code, reason].filter(Boolean).join(' ')
  return failure(
    'The connection was lost (' + how + '). Run the operation again; with the last cursor as "after" nothing is missed.',
  )
}

// A window keeps what is its own when it is reloaded, so that two windows can be two people. A new one begins with what
// was last used in any.
const storage = {
  prefix: 'escrow-chat:',
  getItem(key) {
    return sessionStorage.getItem(this.prefix + key) ?? localStorage.getItem(this.prefix + key)
  },
  setItem(key, value) {
    sessionStorage.setItem(this.prefix + key, value)
    localStorage.setItem(this.prefix + key, value)
  },
  removeItem(key) {
    sessionStorage.removeItem(this.prefix + key)
    localStorage.removeItem(this.prefix + key)
  },
  clear() {
    for (const key of this.keys) this.removeItem(key)
  },
  get keys() {
    const all = [...Object.keys(sessionStorage), ...Object.keys(localStorage)]
    return all.filter((key) => key.startsWith(this.prefix)).map((key) => key.slice(this.prefix.length))
  },
  get length() {
    return this.keys.length
  },
}

// GraphiQL goes on with the tab whose contents it is given, and opens an empty one when there is none. What it stored as
// those contents by itself isn't there before the first edit.
function lastTab() {
  try {
    const { tabs, activeTabIndex } = JSON.parse(storage.getItem('graphiql:tabState'))
    const { query, variables, headers } = tabs[activeTabIndex]
    return { query: query ?? '', variables: variables ?? '', initialHeaders: headers ?? '' }
  } catch {
    return {}
  }
}

YogaGraphiQL.renderYogaGraphiQL(document.querySelector('#root'), {
  ...settings,
  ...lastTab(),
  fetcher,
  storage,
  // By default every edit goes into the address, and with it into the history and, after a reload, into logs.
  onEditQuery() {},
})
`
