import { Client, subscriptionExchange } from '@urql/core'
import { WebSocket } from 'ws'
import { reconnectingClient } from '../../examples/resume/reconnecting.js'
import { resuming } from '../../examples/resume/urql.js'
import { describeResuming } from './resume-contract.js'

describeResuming('urql', ({ onMessage, ...options }) => {
  const socket = reconnectingClient({ webSocketImpl: WebSocket, on: { message: onMessage }, ...options })
  const client = new Client({
    url: options.url.replace('ws', 'http'),
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
