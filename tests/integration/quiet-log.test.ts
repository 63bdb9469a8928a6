import { print } from 'graphql'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createLogger } from '../../src/log.js'
import { exchange, wire } from '../testkit/raw-http.js'
import { RawSocket } from '../testkit/raw-socket.js'
import type { Deal, Person } from '../testkit/seed.js'
import { startTestService, type TestService } from '../testkit/service.js'
import { query } from '../testkit/sql.js'
import { FOLLOW_MESSAGES } from '../testkit/timeline-documents.js'
import { DELETE, EDIT, SEND } from '../testkit/writing.js'

// All kinds of traffic, good and bad, at the level on which the most is logged.

const WORDS = 'whispered-words'
const FORGED = 'eyJhbGciOiJub25lIn0.eyJzdWIiOiJmb3JnZWQifQ.forged-signature'
const logged: string[] = []
const log = createLogger({ logLevel: 'trace', logFormat: 'json' }, { write: (line) => void logged.push(line) })

let testService: TestService
let bea: Person
let deal: Deal

beforeAll(async () => {
  testService = await startTestService({}, log)
  bea = await testService.seed.person('bea')
  deal = await testService.seed.deal('deal', { buyer: bea })
})
afterAll(() => testService.close())

const send = (content: string) => bea.ask(SEND, { input: { transactionId: deal.id, content } })

async function write(): Promise<void> {
  const sent = await send(WORDS)
  const messageId = sent.data?.sendMessage?.message.id ?? `msg_${(await bea.say(deal, 'other').catch(() => null))?.id}`
  await bea.ask(EDIT, { input: { messageId, content: `${WORDS} again` } })
  await bea.ask(DELETE, { input: { messageId } })
  await bea.ask(SEND, { input: { transactionId: deal.id, content: `${WORDS}\0` } })
}

/** Makes the database refuse what is said, in an error that quotes it, while this is done. */
async function whileRefused(check: string, work: () => Promise<void>): Promise<void> {
  const { url } = testService.database
  await query(url, `ALTER TABLE "Message" ADD CONSTRAINT refused CHECK (${check}) NOT VALID`)
  await work()
  await query(url, 'ALTER TABLE "Message" DROP CONSTRAINT refused')
}

async function askWrongly(): Promise<void> {
  for (const document of [
    `{ message(id: "${WORDS}") { id `,
    `{ message(id: ${WORDS}) { id } }`,
    `{ viewer { ${WORDS.replace('-', '_')} } }`,
    `query ($id: ID!) { message(id: $id) { id } } # ${WORDS}`,
    `{ messages(content: "${WORDS}") { id } }`,
  ]) {
    await bea.ask(document, { id: { content: WORDS } })
  }
  const { url } = testService
  const authorization = `Authorization: Bearer ${bea.token}`
  await exchange(url, wire(`GET /graphql?query=${WORDS}&token=${bea.token}`, [authorization]))
  await exchange(
    url,
    wire('POST /graphql', [authorization, 'Content-Type: application/json', 'Content-Length: 99'], WORDS),
  )
  await exchange(url, `${WORDS} ${bea.token}\r\n\r\n`)
  await fetch(url, { headers: { authorization: `Bearer ${FORGED}` } })
  await fetch(url, { headers: { authorization: `Bearer ${bea.token}x` } })
}

async function talkOverSockets(): Promise<void> {
  const { webSocketUrl } = testService
  for (const token of [FORGED, `${bea.token}x`]) {
    await RawSocket.closingOf(webSocketUrl, { token })
  }
  for (const frame of [
    WORDS,
    `{"type":"subscribe","id":"${WORDS}"}`,
    WORDS.repeat(10_000),
    Buffer.from([0xff, 0xfe]),
  ]) {
    const broken = await RawSocket.connect(webSocketUrl, bea.token)
    broken.send(frame)
    await broken.closed
  }
  const socket = await RawSocket.connect(webSocketUrl, bea.token)
  socket.subscribe('follow', print(FOLLOW_MESSAGES), { transactionId: deal.id })
  socket.subscribe('send', print(SEND), { input: { transactionId: deal.id, content: WORDS } })
  for (let frame = await socket.next(); frame.id !== 'send' || frame.type !== 'complete'; ) frame = await socket.next()
  await socket.close()
}

test('whatever is asked, neither what people say nor a token gets into the log, and each line has the id of its request', async () => {
  logged.length = 0
  await write()
  await askWrongly()
  await talkOverSockets()
  for (const check of [`content NOT LIKE '%${WORDS}%'`, 'content::int > 0', 'content::jsonb IS NOT NULL']) {
    await whileRefused(check, async () => {
      await write()
      await talkOverSockets()
    })
  }
  const lines = logged.map((line) => JSON.parse(line))
  expect(lines.filter(({ level }) => level === 50).length).toBeGreaterThan(5)
  expect(lines.filter(({ requestId }) => typeof requestId !== 'string')).toEqual([])
  const all = logged.join('')
  for (const secret of [WORDS, 'whispered', bea.token, bea.token.split('.')[2] ?? '', FORGED, 'forged-signature']) {
    expect(all).not.toContain(secret)
  }
})
