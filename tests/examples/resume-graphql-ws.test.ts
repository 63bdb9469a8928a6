import { print } from 'graphql'
import { WebSocket } from 'ws'
import { subscribe } from '../../examples/resume/graphql-ws.js'
import { reconnectingClient } from '../../examples/resume/reconnecting.js'
import { describeResuming } from './resume-contract.js'

describeResuming('graphql-ws', ({ onMessage, ...options }) => {
  const client = reconnectingClient({ webSocketImpl: WebSocket, on: { message: onMessage }, ...options })
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
