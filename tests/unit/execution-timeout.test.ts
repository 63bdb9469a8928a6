import { GraphQLNonNull, GraphQLObjectType, GraphQLSchema, GraphQLString, parse } from 'graphql'
import { expect, test } from 'vitest'
import { ServiceUnavailableError } from '../../src/errors.js'
import type { Context } from '../../src/graphql/context.js'
import { Deadline } from '../../src/graphql/deadline.js'
import { createExecution } from '../../src/graphql/execution.js'
import { createMetrics } from '../../src/metrics.js'

/** Each event is shown when the test says so. */
function hearing(show: () => Promise<string>): GraphQLSchema {
  const heard = {
    type: new GraphQLNonNull(GraphQLString),
    async *subscribe() {
      yield {}
    },
    resolve: show,
  }
  const fields = { heard }
  return new GraphQLSchema({
    query: new GraphQLObjectType({ name: 'Query', fields: { heard: { type: GraphQLString } } }),
    subscription: new GraphQLObjectType({ name: 'Subscription', fields }),
  })
}

test('an event of a subscription has a time of its own, and ends it when that is up', async () => {
  const context = { confirmAccess: async () => {} } as Context
  const execution = createExecution(() => context, createMetrics(), { executionTimeoutMs: 100 })
  const request = { viewer: null, requestId: 'request', deadline: new Deadline(600_000) }
  const schema = hearing(() => new Promise(() => {}))
  const events = await execution.subscribe({ schema, document: parse('subscription { heard }'), contextValue: request })
  await expect(events.next()).rejects.toBeInstanceOf(ServiceUnavailableError)
})
