import { print } from 'graphql'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { RawSocket } from '../testkit/raw-socket.js'
import type { Deal, Person } from '../testkit/seed.js'
import { startTestService, type TestService } from '../testkit/service.js'
import { countTo, FOLLOW_MESSAGES, FOLLOW_TIMELINE, GONE, timelineCursor } from '../testkit/timeline-documents.js'
import { connect, listen } from '../testkit/websocket-client.js'

let testService: TestService
let bea: Person
let sam: Person

beforeAll(async () => {
  testService = await startTestService()
  bea = await testService.seed.person('bea')
  sam = await testService.seed.person('sam')
})
afterAll(() => testService.close())

/** Sam follows the timeline, and has had a first entry, at position 4. */
async function samFollows(deal: Deal): Promise<RawSocket> {
  const socket = await RawSocket.connect(testService.webSocketUrl, sam.token)
  const after = await timelineCursor(sam, deal)
  socket.subscribe('sam', print(FOLLOW_TIMELINE), { transactionId: deal.id, after })
  await bea.say(deal, 'Sam hears this')
  expect(positionOf(await socket.next())).toBe(4)
  return socket
}

function positionOf({ payload }: { payload?: unknown }): number | undefined {
  return (payload as { data?: { timelineAdvanced: { node: { position: number } } } }).data?.timelineAdvanced.node
    .position
}

test('who is removed gets what came before, then an error, and nothing later', async () => {
  const deal = await testService.seed.deal('removed', { buyer: bea, seller: sam })
  const socket = await samFollows(deal)
  await bea.say(deal, 'the last that Sam hears')
  await deal.seat({ buyer: bea })
  await bea.say(deal, 'not for Sam')

  expect(positionOf(await socket.next())).toBe(5)
  expect(await socket.next()).toEqual({ type: 'error', id: 'sam', payload: [GONE] })
  expect(await socket.untilPong()).toEqual([])
  await socket.close()
})

test('a removal ends one subscription of the socket and leaves the others', async () => {
  const left = await testService.seed.deal('left', { buyer: bea, seller: sam })
  const kept = await testService.seed.deal('kept', { buyer: bea, seller: sam })
  const client = connect(testService.webSocketUrl, sam.token)
  const inLeft = listen(client, FOLLOW_MESSAGES, { transactionId: left.id, after: await timelineCursor(sam, left) })
  const inKept = listen(client, FOLLOW_MESSAGES, { transactionId: kept.id, after: await timelineCursor(sam, kept) })

  await left.seat({ buyer: bea })
  expect(await inLeft.ended).toEqual([GONE])

  await bea.say(kept, 'still here')
  expect((await inKept.next()).messageAdded.node.content).toBe('still here')
  await client.dispose()
})

test('those who stay go on hearing everything, the removal too', async () => {
  const deal = await testService.seed.deal('stay', { buyer: bea, seller: sam })
  const client = connect(testService.webSocketUrl, bea.token)
  const listener = listen(client, FOLLOW_TIMELINE, { transactionId: deal.id, after: await timelineCursor(bea, deal) })
  const socket = await samFollows(deal)
  await deal.seat({ buyer: bea })
  await bea.say(deal, 'after')

  const kinds = (await listener.take(3)).map(({ timelineAdvanced }) => timelineAdvanced.node.__typename)
  expect(kinds).toEqual(['MessageSent', 'ParticipantLeft', 'MessageSent'])
  await client.dispose()
  await socket.close()
})

test('a change of role ends nothing', async () => {
  const deal = await testService.seed.deal('role', { buyer: bea, seller: sam })
  const socket = await samFollows(deal)
  await deal.seat({ buyer: bea, arbiter: sam })
  await bea.say(deal, 'Hello arbiter')

  const positions = [await socket.next(), await socket.next(), await socket.next()].map(positionOf)
  expect(positions).toEqual([5, 6, 7])
  await socket.close()
})

test('who left and came back resumes from an old cursor, over the own departure', async () => {
  const deal = await testService.seed.deal('back', { buyer: bea, seller: sam })
  const after = await timelineCursor(sam, deal)
  await deal.seat({ buyer: bea })
  await bea.say(deal, 'said while Sam was away')
  await deal.seat({ buyer: bea, seller: sam })
  const client = connect(testService.webSocketUrl, sam.token)
  const listener = listen(client, FOLLOW_TIMELINE, { transactionId: deal.id, after })
  const stored = await listener.take(3)
  await bea.say(deal, 'welcome back')

  const all = [...stored, await listener.next()].map(({ timelineAdvanced }) => timelineAdvanced.node)
  expect(all.map(({ position }) => position)).toEqual(countTo(7, 4))
  expect(all.map(({ __typename }) => __typename)).toEqual([
    'ParticipantLeft',
    'MessageSent',
    'ParticipantJoined',
    'MessageSent',
  ])
  await client.dispose()
})

test('who left, came back and leaves again is stopped at the second departure', async () => {
  const deal = await testService.seed.deal('twice', { buyer: bea, seller: sam })
  const after = await timelineCursor(sam, deal)
  await deal.seat({ buyer: bea })
  await deal.seat({ buyer: bea, seller: sam })
  const client = connect(testService.webSocketUrl, sam.token)
  const listener = listen(client, FOLLOW_TIMELINE, { transactionId: deal.id, after })
  await listener.take(2)
  await deal.seat({ buyer: bea })

  expect(await listener.ended).toEqual([GONE])
  await client.dispose()
})
