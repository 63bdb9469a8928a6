import { print } from 'graphql'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { encodeCursor } from '../../src/chat/timeline/timeline-cursor.js'
import { testOverRedis } from '../testkit/over-redis.js'
import { RawSocket } from '../testkit/raw-socket.js'
import type { Caller, Deal, Person } from '../testkit/seed.js'
import { startTestService, type TestService } from '../testkit/service.js'
import { FOLLOW_MESSAGES, FOLLOW_TIMELINE, GONE, SUBSCRIPTIONS } from '../testkit/timeline-documents.js'
import { FOLLOW_READS, FOLLOW_TYPING } from './signal-documents.js'

let testService: TestService
let bea: Person
let acme: Caller
let bolt: Caller

beforeAll(async () => {
  testService = await startTestService()
  bea = await testService.seed.person('bea')
  acme = await testService.seed.caller({ clientId: 'acme', scopes: ['history:read'] })
  bolt = await testService.seed.caller({ clientId: 'bolt', scopes: ['history:read'] })
})
afterAll(() => testService.close())

/** Follows a deal, and has had an entry of it. */
async function follow(caller: Caller, deal: Deal, url = testService.webSocketUrl): Promise<RawSocket> {
  const socket = await RawSocket.connect(url, caller.token)
  socket.subscribe('deal', print(FOLLOW_MESSAGES), { transactionId: deal.id })
  socket.subscribe('begun', '{ viewer { id } }')
  expect((await socket.next()).id).toBe('begun')
  expect(await socket.next()).toEqual({ id: 'begun', type: 'complete' })
  await bea.say(deal, 'heard')
  expect(contentOf(await socket.next())).toBe('heard')
  return socket
}

function contentOf({ payload }: { payload?: unknown }): string | null | undefined {
  return (payload as { data?: { messageAdded: { node: { content: string | null } } } }).data?.messageAdded.node.content
}

const ENDED = { type: 'error', id: 'deal', payload: [GONE] }

test('a partner whose deal moves to another partner hears within 5 s that it is gone, on every node, and nothing later', async () => {
  const deal = await testService.seed.deal('moved', { buyer: bea }, { partnerClientId: 'acme' })
  const otherNode = await testService.startAnotherNode()
  try {
    const there = await follow(acme, deal, otherNode.webSocketUrl)
    const here = await follow(acme, deal)
    expect(contentOf(await there.next())).toBe('heard')
    await deal.seat({ buyer: bea }, { partnerClientId: 'bolt' })
    const movedAt = Date.now()
    expect(await here.next()).toEqual(ENDED)
    expect(await there.next()).toEqual(ENDED)
    expect(Date.now() - movedAt).toBeLessThan(5_000)
    await bea.say(deal, 'not for the old partner')
    expect(await here.untilPong()).toEqual([])
    await here.close()
    await there.close()
  } finally {
    await otherNode.close()
  }
})

test('the new partner may follow at once, beside one who listens still, and goes on when that one is gone', async () => {
  const deal = await testService.seed.deal('beside', { buyer: bea }, { partnerClientId: 'acme' })
  const before = await follow(acme, deal)
  await deal.seat({ buyer: bea }, { partnerClientId: 'bolt' })
  const after = await follow(bolt, deal)
  // What the old partner hears until the node has noticed: the very message that the new one began with, at most.
  let last = await before.next()
  while (last.type === 'next') last = await before.next()
  expect(last).toEqual(ENDED)
  await bea.say(deal, 'for the new partner')
  expect(contentOf(await after.next())).toBe('for the new partner')
  await before.close()
  await after.close()
})

test('what is said right after a deal has moved is not heard by the old partner on the node that moved it', async () => {
  const deal = await testService.seed.deal('at-once', { buyer: bea }, { partnerClientId: 'acme' })
  const before = await follow(acme, deal)
  await deal.seat({ buyer: bea }, { partnerClientId: 'bolt' })
  await bea.say(deal, 'not for the old partner')
  expect(await before.next()).toEqual(ENDED)
  await before.close()
})

testOverRedis('nor on another node that hears of it', async () => {
  const deal = await testService.seed.deal('heard-of', { buyer: bea }, { partnerClientId: 'acme' })
  const otherNode = await testService.startAnotherNode()
  try {
    const there = await follow(acme, deal, otherNode.webSocketUrl)
    await deal.seat({ buyer: bea }, { partnerClientId: 'bolt' })
    await bea.say(deal, 'not for the old partner')
    expect(await there.next()).toEqual(ENDED)
    await there.close()
  } finally {
    await otherNode.close()
  }
})

test('a partner who began to listen while a deal was theirs hears that it is gone, though the node had not noticed', async () => {
  const deal = await testService.seed.deal('briefly', { buyer: bea }, { partnerClientId: 'acme' })
  const otherNode = await testService.startAnotherNode()
  try {
    const owner = await follow(acme, deal, otherNode.webSocketUrl)
    await deal.seat({ buyer: bea }, { partnerClientId: 'bolt' })
    const briefly = await follow(bolt, deal, otherNode.webSocketUrl)
    await deal.seat({ buyer: bea }, { partnerClientId: 'acme' })
    expect(await briefly.next()).toEqual(ENDED)
    await briefly.close()
    await owner.close()
  } finally {
    await otherNode.close()
  }
})

test('participants hear nothing of it', async () => {
  const deal = await testService.seed.deal('quiet', { buyer: bea }, { partnerClientId: 'acme' })
  const participant = await follow(bea, deal)
  const partner = await follow(acme, deal)
  expect(contentOf(await participant.next())).toBe('heard')
  await deal.seat({ buyer: bea }, { partnerClientId: 'bolt' })
  expect(await partner.next()).toEqual(ENDED)
  await bea.say(deal, 'afterwards')
  expect(contentOf(await participant.next())).toBe('afterwards')
  await participant.close()
  await partner.close()
})

test('a partner who subscribes to a deal that moved away is told that there is none', async () => {
  const deal = await testService.seed.deal('away', { buyer: bea }, { partnerClientId: 'acme' })
  await deal.seat({ buyer: bea }, { partnerClientId: 'bolt' })
  const socket = await RawSocket.connect(testService.webSocketUrl, acme.token)
  socket.subscribe('deal', print(FOLLOW_TIMELINE), { transactionId: deal.id })
  expect(await socket.next()).toEqual(ENDED)
  await socket.close()
})

const EVERY_WAY = Object.entries({ ...SUBSCRIPTIONS, typingChanged: FOLLOW_TYPING, messagesRead: FOLLOW_READS })

test.each([
  ['another partner', 'bolt'],
  ['nobody', null],
])('every subscription of a partner ends when its deal is moved to %s', async (_, partnerClientId) => {
  const deal = await testService.seed.deal(`every-${partnerClientId}`, { buyer: bea }, { partnerClientId: 'acme' })
  const socket = await RawSocket.connect(testService.webSocketUrl, acme.token)
  for (const [id, document] of EVERY_WAY) socket.subscribe(id, print(document), { transactionId: deal.id })
  socket.subscribe('begun', '{ viewer { id } }')
  expect((await socket.next()).id).toBe('begun')
  expect(await socket.next()).toEqual({ id: 'begun', type: 'complete' })
  await deal.seat({ buyer: bea }, { partnerClientId })
  const ends = new Map<string | undefined, unknown>()
  while (ends.size < EVERY_WAY.length) {
    const { type, id, payload } = await socket.next()
    ends.set(id, { type, payload })
  }
  expect(ends).toEqual(new Map(EVERY_WAY.map(([id]) => [id, { type: 'error', payload: [GONE] }])))
  await socket.close()
})

test('a partner whose deal comes back goes on with the cursor that it had, and misses nothing', async () => {
  const deal = await testService.seed.deal('back', { buyer: bea }, { partnerClientId: 'acme' })
  await bea.say(deal, 'before')
  const cursor = encodeCursor(deal.key, 3)
  await deal.seat({ buyer: bea }, { partnerClientId: null })
  await bea.say(deal, 'while it was nobody’s')
  await deal.seat({ buyer: bea }, { partnerClientId: 'acme' })
  const socket = await RawSocket.connect(testService.webSocketUrl, acme.token)
  socket.subscribe('deal', print(FOLLOW_MESSAGES), { transactionId: deal.id, after: cursor })
  expect(contentOf(await socket.next())).toBe('while it was nobody’s')
  await bea.say(deal, 'after')
  expect(contentOf(await socket.next())).toBe('after')
  await socket.close()
})
