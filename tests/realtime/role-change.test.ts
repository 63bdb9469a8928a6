import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Deal, Person } from '../testkit/seed.js'
import { startTestService, type TestNode, type TestService } from '../testkit/service.js'
import { FOLLOW_TIMELINE, timelineCursor } from '../testkit/timeline-documents.js'
import { connect, listen } from '../testkit/websocket-client.js'
import { DELETE } from '../testkit/writing.js'

let testService: TestService
let otherNode: TestNode
let bea: Person
let ari: Person

beforeAll(async () => {
  testService = await startTestService()
  otherNode = await testService.startAnotherNode()
  bea = await testService.seed.person('bea')
  ari = await testService.seed.person('ari')
})
afterAll(async () => {
  await otherNode.close()
  await testService.close()
})

/** What a message that was deleted since said, as Ari's open sockets to two nodes are told it at this moment. */
async function toldOfDeleted(deal: Deal, sockets: readonly ReturnType<typeof connect>[]) {
  const after = await timelineCursor(ari, deal)
  const { id } = await bea.say(deal, 'what was said')
  await bea.get(DELETE, { input: { messageId: `msg_${id}` } })
  const told = sockets.map(async (socket) => {
    const listener = listen(socket, FOLLOW_TIMELINE, { transactionId: deal.id, after })
    const { timelineAdvanced } = await listener.next()
    listener.stop()
    return timelineAdvanced.node.__typename === 'MessageSent' ? timelineAdvanced.node.content : undefined
  })
  return Promise.all(told)
}

test('a change of role counts at once for what an open socket asks, on every node', async () => {
  const deal = await testService.seed.deal('deal', { buyer: bea, agent: ari })
  const sockets = [testService, otherNode].map(({ webSocketUrl }) => connect(webSocketUrl, ari.token))
  expect(await toldOfDeleted(deal, sockets)).toEqual([null, null])
  await deal.seat({ buyer: bea, arbiter: ari })
  expect(await toldOfDeleted(deal, sockets)).toEqual(['what was said', 'what was said'])
  await deal.seat({ buyer: bea, seller: ari })
  expect(await toldOfDeleted(deal, sockets)).toEqual([null, null])
  await Promise.all(sockets.map((socket) => socket.dispose()))
})
