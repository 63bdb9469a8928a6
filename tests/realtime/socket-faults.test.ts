import { print } from 'graphql'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { RawSocket } from '../testkit/raw-socket.js'
import type { Deal, Person } from '../testkit/seed.js'
import { startTestService, type TestService } from '../testkit/service.js'
import { query } from '../testkit/sql.js'
import { FOLLOW_MESSAGES, FOLLOW_TIMELINE, timelineCursor } from '../testkit/timeline-documents.js'

const MAX_FRAME_BYTES = 4_096
const MASKED = {
  message: expect.stringMatching(/^Something went wrong on our side\. Tell us this request id: [0-9a-f-]{36}$/),
  extensions: { code: 'INTERNAL_SERVER_ERROR', requestId: expect.stringMatching(/^[0-9a-f-]{36}$/) },
}

let testService: TestService
let bea: Person
let sam: Person
let deal: Deal
let witness: RawSocket

beforeAll(async () => {
  testService = await startTestService({ MAX_FRAME_BYTES: String(MAX_FRAME_BYTES) })
  bea = await testService.seed.person('bea')
  sam = await testService.seed.person('sam')
  deal = await testService.seed.deal('faults', { buyer: bea, seller: sam })
  witness = await RawSocket.connect(testService.webSocketUrl, bea.token)
})
beforeEach(() => {
  for (const stream of [process.stderr, process.stdout]) vi.spyOn(stream, 'write')
  for (const method of ['error', 'warn', 'log', 'info'] as const) vi.spyOn(console, method)
})
afterEach(async () => {
  const printed = [process.stderr.write, process.stdout.write, console.error, console.warn, console.log, console.info]
  for (const method of printed) expect(method).not.toHaveBeenCalled()
  vi.restoreAllMocks()
  expect(await witness.untilPong()).toEqual([])
})
afterAll(async () => {
  await witness.close()
  await testService.close()
})

function connectSam(): Promise<RawSocket> {
  return RawSocket.connect(testService.webSocketUrl, sam.token)
}

/** A ping of this many bytes. */
function pingOf(bytes: number): string {
  const empty = JSON.stringify({ type: 'ping', payload: { pad: '' } })
  return empty.replace('""', `"${'x'.repeat(bytes - empty.length)}"`)
}

test('a frame as large as is allowed is taken', async () => {
  const socket = await connectSam()
  socket.send(pingOf(MAX_FRAME_BYTES))
  expect(await socket.next()).toMatchObject({ type: 'pong' })
  await socket.close()
})

test('a frame that is larger closes its socket', async () => {
  const socket = await connectSam()
  socket.send(pingOf(MAX_FRAME_BYTES + 1))
  expect(await socket.closed).toMatchObject({ code: 1009 })
})

test.each([
  ['no JSON', 'hello'],
  ['not an object', '[]'],
  ['an unknown type', '{"type":"dance"}'],
  ['a type that is none of the protocol, but is of JavaScript', '{"type":"constructor"}'],
  ['a subscribe without an id', '{"type":"subscribe","payload":{"query":"{ viewer { id } }"}}'],
  ['a subscribe without a query', '{"type":"subscribe","id":"1","payload":{}}'],
  [
    'a subscribe whose variables are a list',
    '{"type":"subscribe","id":"1","payload":{"query":"{ viewer { id } }","variables":[]}}',
  ],
  ['nothing', ''],
  ['bytes', Buffer.from([0xff, 0xfe, 0x00])],
])('a frame that is %s closes its socket with 4400', async (_what, frame) => {
  const socket = await connectSam()
  socket.send(frame)
  expect(await socket.closed).toEqual({ code: 4400, reason: 'Invalid message received' })
})

test('an id that is used again before its subscription is over closes the socket, which is not silent then', async () => {
  const socket = await connectSam()
  socket.subscribe('again', print(FOLLOW_MESSAGES), { transactionId: deal.id })
  await socket.untilPong()
  socket.send({ type: 'complete', id: 'again' })
  socket.subscribe('again', print(FOLLOW_MESSAGES), { transactionId: deal.id })
  expect(await socket.closed).toMatchObject({ code: 4409 })
})

test('an id can be used again when its operation is over', async () => {
  const socket = await connectSam()
  for (const document of ['{ viewer { id } }', '{ viewer {', '{ viewer { id } }']) {
    socket.subscribe('again', document)
    const { type } = await socket.next()
    if (type === 'next') expect(await socket.next()).toEqual({ type: 'complete', id: 'again' })
    else expect([document, type]).toEqual(['{ viewer {', 'error'])
  }
  await socket.close()
})

test('two operations under one id close the socket with 4409', async () => {
  const socket = await connectSam()
  socket.subscribe('same', print(FOLLOW_MESSAGES), { transactionId: deal.id })
  socket.subscribe('same', print(FOLLOW_MESSAGES), { transactionId: deal.id })
  expect(await socket.closed).toMatchObject({ code: 4409 })
})

test('an id that is too long to be quoted in a reason is quoted in part', async () => {
  const socket = await connectSam()
  const id = 'ü'.repeat(100)
  socket.subscribe(id, print(FOLLOW_MESSAGES), { transactionId: deal.id })
  socket.subscribe(id, print(FOLLOW_MESSAGES), { transactionId: deal.id })
  expect(await socket.closed).toEqual({ code: 4409, reason: `Subscriber for ${'ü'.repeat(54)}` })
})

test('the end of what never began is passed over', async () => {
  const socket = await connectSam()
  for (const id of ['never', 'constructor', '__proto__']) socket.send({ type: 'complete', id })
  expect(await socket.untilPong()).toEqual([])
  await socket.close()
})

/** Runs `work` on a database that lacks a table. */
async function without(table: string, work: () => Promise<void>): Promise<void> {
  await query(testService.database.url, `ALTER TABLE "${table}" RENAME TO "Hidden"`)
  try {
    await work()
  } finally {
    await query(testService.database.url, `ALTER TABLE "Hidden" RENAME TO "${table}"`)
  }
}

test('what breaks inside a query is masked, with an id under which it stands in the log', async () => {
  const socket = await connectSam()
  await without('Participant', async () => {
    socket.subscribe('query', '{ transactions { nodes { id } } }')
    expect(await socket.next()).toMatchObject({ type: 'next', id: 'query', payload: { errors: [MASKED] } })
    expect(await socket.next()).toEqual({ type: 'complete', id: 'query' })
  })
  await socket.close()
})

test('what breaks while a subscription starts is masked', async () => {
  const socket = await connectSam()
  await without('Participant', async () => {
    socket.subscribe('start', print(FOLLOW_MESSAGES), { transactionId: deal.id })
    expect(await socket.next()).toMatchObject({ type: 'error', id: 'start', payload: [MASKED] })
  })
  await socket.close()
})

test('what breaks while a subscription catches up is masked, and it can be resumed', async () => {
  const socket = await connectSam()
  const after = await timelineCursor(sam, deal)
  await bea.say(deal, 'missed')
  await without('TimelineEntry', async () => {
    socket.subscribe('catch up', print(FOLLOW_TIMELINE), { transactionId: deal.id, after })
    expect(await socket.next()).toMatchObject({ type: 'error', id: 'catch up', payload: [MASKED] })
  })
  socket.subscribe('catch up', print(FOLLOW_TIMELINE), { transactionId: deal.id, after })
  expect(await socket.next()).toMatchObject({ type: 'next', id: 'catch up' })
  await socket.close()
})
