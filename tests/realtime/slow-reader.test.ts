import { print } from 'graphql'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { TimelineStore } from '../../src/chat/timeline/timeline-store.js'
import { RawSocket } from '../testkit/raw-socket.js'
import type { Deal, Person } from '../testkit/seed.js'
import { startTestService, type TestService } from '../testkit/service.js'
import { countTo, FOLLOW_MESSAGES, timelineCursor } from '../testkit/timeline-documents.js'
import { connect, listen } from '../testkit/websocket-client.js'

/** 30 kB each, so that 700 are more than the buffers of the system (at most 10 MB) and the queue hold together. */
const LONG = '界'.repeat(10_000)
const MANY = 701

let testService: TestService
let bea: Person
let sam: Person

beforeAll(async () => {
  testService = await startTestService()
  bea = await testService.seed.person('bea')
  sam = await testService.seed.person('sam')
})
afterEach(() => vi.restoreAllMocks())
afterAll(() => testService.close())

interface Delivered {
  readonly type: string
  readonly sequence: number | undefined
}

async function read(socket: RawSocket): Promise<Delivered> {
  const { type, payload } = await socket.next()
  const sequence = (payload as { data?: { messageAdded: { node: { sequence: number } } } }).data?.messageAdded.node
    .sequence
  return { type, sequence }
}

/** Sam subscribes and stops reading, and then more is said than any buffer on the way holds. */
async function fallBehind(deal: Deal): Promise<RawSocket> {
  const socket = await RawSocket.connect(testService.webSocketUrl, sam.token)
  const after = await timelineCursor(sam, deal)
  socket.subscribe('slow', print(FOLLOW_MESSAGES), { transactionId: deal.id, after })
  await bea.say(deal, 'still read')
  expect(await read(socket)).toEqual({ type: 'next', sequence: 1 })
  socket.pause()
  for (let sent = 1; sent < MANY; sent += 100) {
    await Promise.all(Array.from({ length: 100 }, () => bea.say(deal, LONG)))
  }
  return socket
}

test('a reader whose queue overflows gets everything in order and once, and then what follows', async () => {
  const deal = await testService.seed.deal('overflow', { buyer: bea, seller: sam })
  const socket = await fallBehind(deal)
  const reads = vi.spyOn(TimelineStore.prototype, 'read')

  socket.resume()
  const sequences: (number | undefined)[] = []
  while (sequences.length < MANY - 1) sequences.push((await read(socket)).sequence)
  expect(sequences).toEqual(countTo(MANY, 2))
  // It was more than the queue holds: some of it was read again.
  expect(reads).toHaveBeenCalled()

  await bea.say(deal, 'live again')
  expect(await read(socket)).toEqual({ type: 'next', sequence: MANY + 1 })
  await socket.close()
})

test('a slow reader holds up nobody else', async () => {
  const deal = await testService.seed.deal('others', { buyer: bea, seller: sam })
  const client = connect(testService.webSocketUrl, bea.token)
  const listener = listen(client, FOLLOW_MESSAGES, { transactionId: deal.id, after: await timelineCursor(bea, deal) })
  const socket = await fallBehind(deal)

  const sequences = (await listener.take(MANY)).map(({ messageAdded }) => messageAdded.node.sequence)

  expect(sequences).toEqual(countTo(MANY))
  socket.terminate()
  await client.dispose()
})

test('a reader who is removed while far behind gets all that came before, and nothing that came after', async () => {
  const deal = await testService.seed.deal('removed', { buyer: bea, seller: sam })
  const socket = await fallBehind(deal)
  await deal.seat({ buyer: bea })
  await bea.say(deal, 'Sam is gone')

  socket.resume()
  const delivered: Delivered[] = []
  while (delivered.at(-1)?.type !== 'error') delivered.push(await read(socket))
  expect(delivered.slice(0, -1).map(({ sequence }) => sequence)).toEqual(countTo(MANY, 2))
  expect(await socket.untilPong()).toEqual([])
  await socket.close()
})
