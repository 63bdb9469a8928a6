import { ApolloClient, CombinedGraphQLErrors, InMemoryCache } from '@apollo/client'
import { GraphQLWsLink } from '@apollo/client/link/subscriptions'
import { vi } from 'vitest'
import { WebSocket } from 'ws'
import { resume } from '../../examples/resume/apollo.js'
import { reconnectingClient } from '../../examples/resume/reconnecting.js'
import { ENTRY_TYPE_NAMES } from '../../src/chat/timeline/timeline-entry-interface.js'
import { describeResuming } from './resume-contract.js'

// Apollo's link takes it for granted, as in a browser; without it each of its errors would be a ReferenceError.
vi.stubGlobal('WebSocket', WebSocket)

describeResuming('Apollo Client', ({ onMessage, ...options }) => {
  const socket = reconnectingClient({ on: { message: onMessage }, ...options })
  const cache = new InMemoryCache({ possibleTypes: { TimelineEntry: Object.values(ENTRY_TYPE_NAMES) } })
  const client = new ApolloClient({ cache, link: resume.concat(new GraphQLWsLink(socket)) })
  return (query, variables, { delivered, ended }) => {
    const subscription = client.subscribe({ query, variables }).subscribe(({ data, error }) => {
      if (data) delivered(data)
      if (error) ended(CombinedGraphQLErrors.is(error) ? error.errors.map(({ extensions }) => extensions) : [error])
    })
    return () => subscription.unsubscribe()
  }
})
