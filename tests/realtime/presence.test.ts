import { afterAll, beforeAll, expect, test } from 'vitest'
import { RawSocket } from '../testkit/raw-socket.js'
import type { Deal, Person } from '../testkit/seed.js'
import { startTestService, type TestService } from '../testkit/service.js'
import { query } from '../testkit/sql.js'
import { connect } from '../testkit/websocket-client.js'
import { followPresence, presenceOf, untilOnline } from './presence-documents.js'

let testService: TestService
let bea: Person
let people = 0

beforeAll(async () => {
  testService = await startTestService()
  bea = await testService.seed.person('bea')
})
afterAll(() => testService.close())

/** A deal of Bea's with somebody who has never been here. */
async function dealWithSomebody(): Promise<{ deal: Deal; sam: Person }> {
  people += 1
  const sam = await testService.seed.person(`sam-${people}`, 'Sam')
  return { sam, deal: await testService.seed.deal(`deal-${people}`, { buyer: bea, seller: sam }) }
}

const arrive = (person: Person) => RawSocket.connect(testService.webSocketUrl, person.token)

test('who connects is told of, with since when, and who goes, with until when', async () => {
  const { deal, sam } = await dealWithSomebody()
  expect(await presenceOf(sam, bea)).toEqual({ isOnline: false, lastSeenAt: null })
  const client = connect(testService.webSocketUrl, bea.token)
  const listener = await followPresence(client, deal)

  const before = Date.now()
  const socket = await arrive(sam)
  const came = await listener.next()
  expect(came).toEqual({ id: sam.id, displayName: 'Sam', isOnline: true, lastSeenAt: expect.any(String) })
  expect(Date.parse(String(came.lastSeenAt))).toBeGreaterThanOrEqual(before)
  expect(await presenceOf(sam, bea)).toEqual({ isOnline: true, lastSeenAt: came.lastSeenAt })

  const beforeLeaving = Date.now()
  await socket.close()
  const left = await listener.next()
  expect(left).toMatchObject({ id: sam.id, isOnline: false })
  expect(Date.parse(String(left.lastSeenAt))).toBeGreaterThanOrEqual(beforeLeaving)
  expect(Date.parse(String(left.lastSeenAt))).toBeLessThanOrEqual(Date.now())
  expect(await presenceOf(sam, bea)).toEqual({ isOnline: false, lastSeenAt: left.lastSeenAt })
  await client.dispose()
})

test('two devices are one person: neither the second nor the first to go is news', async () => {
  const { deal, sam } = await dealWithSomebody()
  const client = connect(testService.webSocketUrl, bea.token)
  const listener = await followPresence(client, deal)
  const phone = await arrive(sam)
  const { lastSeenAt: since } = await listener.next()
  const laptop = await arrive(sam)
  await phone.close()
  expect(await presenceOf(sam, bea)).toEqual({ isOnline: true, lastSeenAt: since })
  await laptop.close()
  expect(await listener.next()).toMatchObject({ isOnline: false })
  await client.dispose()
})

test('a connection that is cut without a word ends like any other', async () => {
  const { deal, sam } = await dealWithSomebody()
  const client = connect(testService.webSocketUrl, bea.token)
  const listener = await followPresence(client, deal)
  const socket = await arrive(sam)
  expect(await listener.next()).toMatchObject({ isOnline: true })
  socket.terminate()
  expect(await listener.next()).toMatchObject({ isOnline: false })
  await client.dispose()
})

test('requests over HTTP make nobody online', async () => {
  const { sam } = await dealWithSomebody()
  expect(await presenceOf(sam, sam)).toEqual({ isOnline: false, lastSeenAt: null })
  expect(await presenceOf(sam, bea)).toEqual({ isOnline: false, lastSeenAt: null })
})

test('a socket without an acknowledgement makes nobody online', async () => {
  const { sam } = await dealWithSomebody()
  await RawSocket.closingOf(testService.webSocketUrl, { token: 'none' })
  const hasty = await RawSocket.open(testService.webSocketUrl, { protocol: 'graphql-transport-ws' })
  hasty.send({ type: 'connection_init', payload: { token: sam.token } })
  hasty.terminate()
  await untilOnline(sam, false, bea)
  expect((await presenceOf(sam, bea)).isOnline).toBe(false)
})

test('who comes and goes quickly stands in the end as they are', async () => {
  const { deal, sam } = await dealWithSomebody()
  const client = connect(testService.webSocketUrl, bea.token)
  const listener = await followPresence(client, deal)
  const sockets = await Promise.all(Array.from({ length: 10 }, () => arrive(sam)))
  for (let nth = 0; nth < 20; nth += 1) {
    sockets.shift()?.terminate()
    sockets.push(await arrive(sam))
  }
  expect(await presenceOf(sam, bea)).toMatchObject({ isOnline: true })
  await Promise.all(sockets.map((socket) => socket.close()))
  await untilOnline(sam, false, bea)

  const states = [(await listener.next()).isOnline]
  while (states.at(-1)) states.push((await listener.next()).isOnline)
  expect(states).toEqual([true, false])
  await client.dispose()
})

test('the viewer hears of themselves when the platform listens, and sees that they are online', async () => {
  const { deal, sam } = await dealWithSomebody()
  const platform = connect(testService.webSocketUrl, await testService.seed.token({ scopes: ['platform'] }))
  const listener = await followPresence(platform, deal)
  const socket = await arrive(sam)
  expect(await listener.next()).toMatchObject({ id: sam.id, isOnline: true })
  expect(await presenceOf(sam, sam)).toMatchObject({ isOnline: true })
  await socket.close()
  expect(await listener.next()).toMatchObject({ id: sam.id, isOnline: false })
  await platform.dispose()
})

test('the platform and partners who are connected are nobody who is online', async () => {
  const { deal } = await dealWithSomebody()
  const client = connect(testService.webSocketUrl, bea.token)
  const listener = await followPresence(client, deal)
  for (const request of [{ scopes: ['platform'] }, { clientId: 'shop', scopes: ['history:read'] }]) {
    const socket = await RawSocket.connect(testService.webSocketUrl, await testService.seed.token(request))
    await socket.close()
  }
  await client.dispose()
  expect(await listener.untilEnd()).toEqual([])
})

test('the time at which somebody was seen never goes back', async () => {
  const { sam } = await dealWithSomebody()
  const later = new Date(Date.now() + 60_000).toISOString()
  await query(testService.database.url, 'UPDATE "User" SET "lastSeenAt" = $1 WHERE "key" = $2', [later, sam.key])
  const socket = await arrive(sam)
  await socket.close()
  await untilOnline(sam, false, bea)
  expect(await presenceOf(sam, bea)).toEqual({ isOnline: false, lastSeenAt: later })
})

test('a node that stops writes down until when its people were there', async () => {
  const { sam } = await dealWithSomebody()
  const node = await testService.startAnotherNode()
  const socket = await RawSocket.connect(node.webSocketUrl, sam.token)
  await socket.untilPong()
  const before = Date.now()
  await node.close()
  expect(await socket.closed).toMatchObject({ code: 1012 })
  const { isOnline, lastSeenAt } = await presenceOf(sam, bea)
  expect(isOnline).toBe(false)
  expect(Date.parse(String(lastSeenAt))).toBeGreaterThanOrEqual(before)
})
