import { print } from 'graphql'
import { createClient } from 'graphql-ws'
import { WebSocket } from 'ws'
import { reconnecting, subscribe } from '../../examples/resume/graphql-ws.js'
import { describeResuming } from './resume-contract.js'

describeResuming('graphql-ws', ({ url, token, onMessage }) => {
  const client = createClient({ url, webSocketImpl: WebSocket, on: { message: onMessage }, ...reconnecting(token) })
  return (document, variables, { delivered, ended }) =>
    subscribe(
      client,
      { query: print(document), variables: { ...variables } },
      {
        next: ({ data }) => delivered(data ?? {}),
        error: (reason) => ended(Array.isArray(reason) ? reason.map(({ extensions }) => extensions) : [reason]),
        complete() {},
      },
    )
})
