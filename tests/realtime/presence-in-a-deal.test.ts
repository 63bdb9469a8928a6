import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Answer, refusalOf } from '../testkit/http-client.js'
import { RawSocket } from '../testkit/raw-socket.js'
import type { Caller, Person } from '../testkit/seed.js'
import { startTestService, type TestService } from '../testkit/service.js'
import { GONE } from '../testkit/timeline-documents.js'
import { connect, listen } from '../testkit/websocket-client.js'
import { FOLLOW_PRESENCE, followPresence, presenceOf, untilOnline } from './presence-documents.js'

const HIDDEN = { isOnline: false, lastSeenAt: null }
const SHOWN = { isOnline: true, lastSeenAt: expect.any(String) }

let testService: TestService
let bea: Person
let sam: Person
let ana: Person

beforeAll(async () => {
  testService = await startTestService()
  const { seed } = testService
  ;[bea, sam, ana] = [await seed.person('bea'), await seed.person('sam'), await seed.person('ana')]
})
afterAll(() => testService.close())

const arrive = (person: Person) => RawSocket.connect(testService.webSocketUrl, person.token)

test('who joins while online is told of, who has left no more, and who comes back again', async () => {
  const deal = await testService.seed.deal('joining', { buyer: bea })
  const client = connect(testService.webSocketUrl, bea.token)
  const listener = await followPresence(client, deal)
  let socket = await arrive(ana)
  await untilOnline(ana, true)

  await deal.seat({ buyer: bea, agent: ana })
  expect(await listener.next()).toMatchObject({ id: ana.id, isOnline: true })
  await socket.close()
  expect(await listener.next()).toMatchObject({ id: ana.id, isOnline: false })

  await deal.seat({ buyer: bea, seller: sam })
  const sams = await arrive(sam)
  expect(await listener.next()).toMatchObject({ id: sam.id, isOnline: true })
  socket = await arrive(ana)
  await untilOnline(ana, true)
  await socket.close()
  await untilOnline(ana, false)
  // Of Ana's coming and going nothing was told before this.
  await sams.close()
  expect(await listener.next()).toMatchObject({ id: sam.id, isOnline: false })
  await client.dispose()
})

test('a change of role is no departure, and no news', async () => {
  const deal = await testService.seed.deal('role', { buyer: bea, seller: sam })
  const client = connect(testService.webSocketUrl, bea.token)
  const listener = await followPresence(client, deal)
  const socket = await arrive(sam)
  expect(await listener.next()).toMatchObject({ id: sam.id, isOnline: true })
  await deal.seat({ buyer: bea, agent: sam })
  await socket.close()
  expect(await listener.next()).toMatchObject({ id: sam.id, isOnline: false })
  await client.dispose()
})

test('who is removed is told of nobody any more: the subscription ends', async () => {
  const deal = await testService.seed.deal('removed', { buyer: bea, seller: sam })
  const client = connect(testService.webSocketUrl, sam.token)
  const listener = await followPresence(client, deal)
  await deal.seat({ buyer: bea })
  expect(await listener.ended).toEqual([GONE])
  const socket = await arrive(bea)
  await untilOnline(bea, true)
  expect(await listener.untilEnd()).toEqual([])
  await socket.close()
  await client.dispose()
})

const MAY_NOT: readonly [string, () => Promise<string>, object][] = [
  ['a stranger', async () => ana.token, { code: 'NOT_FOUND', field: 'transactionId' }],
  [
    'a partner, whose deal it is',
    () => testService.seed.token({ clientId: 'shop', scopes: ['history:read'] }),
    { code: 'FORBIDDEN' },
  ],
]

test.each(MAY_NOT)('%s may not follow who is online', async (_, token, extensions) => {
  const deal = await testService.seed.deal('closed', { buyer: bea, seller: sam }, { partnerClientId: 'shop' })
  const client = connect(testService.webSocketUrl, await token())
  const { ended } = listen(client, FOLLOW_PRESENCE, { transactionId: deal.id })
  expect(await ended).toEqual([expect.objectContaining({ extensions })])
  await client.dispose()
})

test('an id that is none is refused', async () => {
  const client = connect(testService.webSocketUrl, bea.token)
  const { ended } = listen(client, FOLLOW_PRESENCE, { transactionId: 'usr_bea' })
  expect(await ended).toEqual([
    expect.objectContaining({
      extensions: expect.objectContaining({ code: 'BAD_USER_INPUT', field: 'transactionId' }),
    }),
  ])
  await client.dispose()
})

test('over HTTP there is nothing to follow', async () => {
  const answer: Answer<unknown> = await bea.ask(FOLLOW_PRESENCE, { transactionId: 'txn_joining' })
  expect(refusalOf(answer)).toMatchObject({ code: 'BAD_USER_INPUT' })
})

test('presence is told to those who share a current deal, to oneself and to the platform, and to nobody else', async () => {
  const { seed } = testService
  const [kim, former, pal] = [await seed.person('kim'), await seed.person('former'), await seed.person('pal')]
  const shared = await seed.deal('shared', { buyer: kim, agent: [former, pal] }, { partnerClientId: 'shop' })
  await shared.seat({ buyer: kim, agent: pal })
  // Kim was here too, but is no more, while the former one still is: they see each other's name, not whether they are there.
  const past = await seed.deal('past', { buyer: kim, agent: former })
  await past.seat({ agent: former })
  const partner = await seed.caller({ clientId: 'shop', scopes: ['history:read'] })
  const platform = await seed.caller({ scopes: ['platform'] })
  const sockets = [await arrive(kim), await arrive(former), await arrive(pal)]
  await untilOnline(former, true)

  const asked: [Person, Caller][] = [
    [kim, kim],
    [kim, pal],
    [kim, platform],
    [kim, former],
    [kim, partner],
    [pal, kim],
    [former, kim],
    [former, partner],
    [former, former],
    [former, platform],
  ]
  const told: unknown[] = []
  for (const [person, askedBy] of asked) told.push(await presenceOf(person, askedBy))
  expect(told).toEqual([SHOWN, SHOWN, SHOWN, HIDDEN, HIDDEN, SHOWN, HIDDEN, HIDDEN, SHOWN, SHOWN])

  await Promise.all(sockets.map((socket) => socket.close()))
  await untilOnline(kim, false)
  expect(await presenceOf(kim, pal)).toEqual({ isOnline: false, lastSeenAt: expect.any(String) })
  expect(await presenceOf(kim, former)).toEqual(HIDDEN)
})

test('a former participant who stays visible as the sender of a message is offline there too', async () => {
  const deal = await testService.seed.deal('sender', { buyer: bea, seller: sam })
  await sam.say(deal, 'Hello')
  const socket = await arrive(sam)
  await untilOnline(sam, true)
  await testService.seed.deal('removed', { buyer: bea })
  for (const key of ['role', 'closed', 'joining', 'sender']) await testService.seed.deal(key, { buyer: bea })

  const answer = await bea.ask(
    '{ messages(transactionId: "txn_sender") { nodes { sender { displayName isOnline lastSeenAt } } } }',
    {},
  )
  expect(answer).toMatchObject({
    errors: [],
    data: { messages: { nodes: [{ sender: { displayName: 'sam', ...HIDDEN } }] } },
  })
  await socket.close()
})
