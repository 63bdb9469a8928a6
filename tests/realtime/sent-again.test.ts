import { print } from 'graphql'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { reconnectingClient } from '../../examples/resume/reconnecting.js'
import { CuttingProxy } from '../testkit/cutting-proxy.js'
import type { Person } from '../testkit/seed.js'
import { startTestService, type TestService } from '../testkit/service.js'
import { query } from '../testkit/sql.js'
import { SEND } from '../testkit/writing.js'

let testService: TestService
let bea: Person

beforeAll(async () => {
  testService = await startTestService()
  bea = await testService.seed.person('bea')
})
afterAll(() => testService.close())

test.each([
  ['once when it has a clientMessageId', 'a-key', 1],
  ['twice when it has none', null, 2],
])(
  'a message whose answer is lost with the socket is sent again by graphql-ws, and stored %s',
  async (_, clientMessageId, times) => {
    const deal = await testService.seed.deal(`again-${times}`, { buyer: bea })
    const proxy = await CuttingProxy.start(testService.service.address.port)
    const client = reconnectingClient({
      url: `ws://127.0.0.1:${proxy.port}/graphql`,
      webSocketImpl: WebSocket,
      // What the service says next is its answer.
      on: { connected: (_socket, _payload, wasRetry) => wasRetry || proxy.cut('IN A FRAME') },
      token: () => bea.token,
    })
    const variables = { input: { transactionId: deal.id, content: 'Hello', clientMessageId } }
    for await (const { data } of client.iterate({ query: print(SEND), variables })) {
      expect(data).toMatchObject({ sendMessage: { message: { content: 'Hello' } } })
    }
    const stored = await query(
      testService.database.url,
      `SELECT 1 FROM "Message" WHERE "transactionKey" = '${deal.key}'`,
    )
    expect(stored).toHaveLength(times)
    expect(proxy.cuts).toBe(1)
  },
)
