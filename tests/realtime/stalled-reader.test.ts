import { print } from 'graphql'
import { pino } from 'pino'
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest'
import type { FollowMessagesSubscription } from '../generated/graphql.js'
import { watchFollowers } from '../testkit/followers.js'
import { fillDeal } from '../testkit/long-deal.js'
import { RawSocket } from '../testkit/raw-socket.js'
import type { Deal, Person } from '../testkit/seed.js'
import { startTestService, type TestService } from '../testkit/service.js'
import { countTo, FOLLOW_MESSAGES, timelineCursor } from '../testkit/timeline-documents.js'
import { connect, listen } from '../testkit/websocket-client.js'

/** 40 MB: more than the system holds on the way, so that the reader is still owed something when it stops reading. */
const FILLING = { count: 4_000, content: 'x'.repeat(10_000) }
const TOO_SLOW = { code: 1013, reason: 'Too slow' }

const logged: string[] = []
let testService: TestService
let followers: { readonly size: number }
let bea: Person
let sam: Person
let deal: Deal
let beginning: string

beforeAll(async () => {
  followers = watchFollowers()
  const write = (line: string) => {
    const { msg, code = '' } = JSON.parse(line)
    logged.push(`${msg} ${code}`.trim())
  }
  const log = pino({ level: 'debug' }, { write })
  testService = await startTestService({ WRITE_STALL_TIMEOUT_MS: '1000' }, log)
  bea = await testService.seed.person('bea')
  sam = await testService.seed.person('sam')
  deal = await testService.seed.deal('stalled', { buyer: bea, seller: sam })
  beginning = await timelineCursor(sam, deal)
  await fillDeal(testService.database.url, deal, [bea], FILLING)
})
afterAll(() => testService.close())

interface Delivered {
  readonly cursors: string[]
  readonly sequences: number[]
}

async function readOne(socket: RawSocket, { cursors, sequences }: Delivered): Promise<void> {
  const { payload } = await socket.next()
  const { messageAdded } = (payload as { data: FollowMessagesSubscription }).data
  cursors.push(messageAdded.cursor)
  sequences.push(messageAdded.node.sequence)
}

/** Sam subscribes from the beginning, reads the first message, and then nothing any more. */
async function stall(delivered: Delivered): Promise<RawSocket> {
  logged.length = 0
  const socket = await RawSocket.connect(testService.webSocketUrl, sam.token)
  onTestFinished(() => socket.terminate())
  socket.subscribe('deal', print(FOLLOW_MESSAGES), { transactionId: deal.id, after: beginning })
  await readOne(socket, delivered)
  socket.pause()
  return socket
}

function isGivenUp(): boolean {
  return logged.includes('A socket is closed: its client reads too slowly')
}

/** Reads what was on the way until the socket closes. */
async function readToTheEnd(socket: RawSocket, delivered: Delivered): Promise<void> {
  socket.resume()
  await socket.closed
  await expect(
    (async () => {
      for (;;) await readOne(socket, delivered)
    })(),
  ).rejects.toThrow('The socket closed')
}

test('a reader who stalls is closed with 1013, delays nobody meanwhile, and goes on where it was', async () => {
  const other = await testService.seed.deal('other', { buyer: bea, seller: sam })
  const client = connect(testService.webSocketUrl, bea.token)
  onTestFinished(() => client.dispose())
  const witnesses = await Promise.all(
    [deal, other].map(async (followed) => {
      const after = await timelineCursor(bea, followed)
      return listen(client, FOLLOW_MESSAGES, { transactionId: followed.id, after })
    }),
  )
  const delivered: Delivered = { cursors: [], sequences: [] }
  const socket = await stall(delivered)

  let said = 0
  // Each is delivered to the others while one doesn't read, or this would wait for ever.
  while (!isGivenUp()) {
    said += 1
    await Promise.all([deal, other].map((followed) => bea.say(followed, `said meanwhile: ${said}`)))
    await Promise.all(witnesses.map((witness) => witness.next()))
  }
  expect(said).toBeGreaterThan(10)
  await readToTheEnd(socket, delivered)
  expect(await socket.closed).toEqual(TOO_SLOW)
  expect(delivered.sequences.length).toBeLessThan(FILLING.count)
  for (const witness of witnesses) witness.stop()
  await vi.waitFor(() => expect(followers.size).toBe(0))

  const next = await RawSocket.connect(testService.webSocketUrl, sam.token)
  next.subscribe('deal', print(FOLLOW_MESSAGES), { transactionId: deal.id, after: delivered.cursors.at(-1) })
  while (delivered.sequences.length < FILLING.count + said) await readOne(next, delivered)
  expect(delivered.sequences).toEqual(countTo(FILLING.count + said))
  await next.close()
}, 60_000)

test.each<[what: string, say: (socket: RawSocket, count: number) => void]>([
  ['nothing', () => {}],
  ['pongs', (socket) => socket.pong()],
  ['pings', (socket) => socket.ping()],
  ['pings of the protocol', (socket) => socket.send({ type: 'ping' })],
  ['what is refused', (socket, count) => socket.subscribe(`bad ${count}`, '{')],
  ['what is answered', (socket, count) => socket.subscribe(`good ${count}`, '{ viewer { id } }')],
])('a reader who stalls and says %s is closed, and nothing of it is left', async (_what, say) => {
  const socket = await stall({ cursors: [], sequences: [] })
  let count = 0
  const saying = setInterval(() => {
    count += 1
    say(socket, count)
  }, 20)
  onTestFinished(() => clearInterval(saying))
  expect(followers.size).toBe(1)

  // Before the client reads on.
  await vi.waitFor(() => expect(followers.size).toBe(0), 10_000)
  expect(isGivenUp()).toBe(true)
  socket.resume()
  expect(await socket.closed).toEqual(TOO_SLOW)
})

test('a reader who stalls for good is cut off soon after', async () => {
  const socket = await stall({ cursors: [], sequences: [] })
  await vi.waitFor(() => expect(isGivenUp()).toBe(true), 10_000)
  await vi.waitFor(() => expect(logged).toContain('A socket is gone 1006'), 10_000)
  socket.resume()
  expect(await socket.closed).toEqual({ code: 1006, reason: '' })
})
