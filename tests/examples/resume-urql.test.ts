import { Client, subscriptionExchange } from '@urql/core'
import { createClient } from 'graphql-ws'
import { WebSocket } from 'ws'
import { reconnecting, resuming } from '../../examples/resume/urql.js'
import { describeResuming } from './resume-contract.js'

describeResuming('urql', ({ url, token, onMessage }) => {
  const socket = createClient({ url, webSocketImpl: WebSocket, on: { message: onMessage }, ...reconnecting(token) })
  const client = new Client({
    url: url.replace('ws', 'http'),
    preferGetMethod: false,
    exchanges: [subscriptionExchange({ forwardSubscription: resuming(socket) })],
  })
  return (document, variables, { delivered, ended }) => {
    const subscription = client.subscription(document, variables).subscribe(({ data, error }) => {
      if (error) ended(error.graphQLErrors.map(({ extensions }) => extensions))
      else if (data) delivered(data)
    })
    return () => subscription.unsubscribe()
  }
})
