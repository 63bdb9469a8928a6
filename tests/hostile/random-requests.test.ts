import { randomUUID } from 'node:crypto'
import pLimit from 'p-limit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createSchema } from '../../src/graphql/schema.js'
import { createTemporaryDirectory } from '../testkit/directory.js'
import { post } from '../testkit/http-client.js'
import { PROJECT } from '../testkit/node-process.js'
import { Random } from '../testkit/random.js'
import type { Deal, Person } from '../testkit/seed.js'
import { startTestService, type TestService } from '../testkit/service.js'
import { ServiceProcess } from '../testkit/service-process.js'
import { FOLLOW_MESSAGES, timelineCursor } from '../testkit/timeline-documents.js'
import { connect, listen } from '../testkit/websocket-client.js'
import { SEND } from '../testkit/writing.js'
import { DocumentMaker, type KnownIds } from './documents.js'
import { FrameCaller } from './frame-caller.js'
import { Heap } from './heap.js'
import { HttpCaller } from './http-caller.js'

const SEED = 20_261_122
const REQUESTS = 2_500
const FRAMES = 2_500
const WARM_UP = 1_000
const AT_ONCE = 8
/** What may stay: the good documents, which are remembered up to a bound, and what V8 has compiled meanwhile. */
const MOST_GROWTH_MB = 15
/** Faults of ours, and what nothing but a broken database or Redis may cause. */
const FAULTS = /INTERNAL_SERVER_ERROR|SERVICE_UNAVAILABLE/

/** One service fills the database and signs tokens; the other, which is troubled, has a process of its own. */
let helper: TestService
let service: ServiceProcess
let url: string
let heap: Heap
let eve: Person
let bea: Person
let deal: Deal
let ids: KnownIds

beforeAll(async () => {
  const secret = randomUUID()
  helper = await startTestService({ JWT_SECRET: secret })
  service = new ServiceProcess({
    project: PROJECT,
    dataDirectory: createTemporaryDirectory(),
    command: [process.execPath, '--inspect=127.0.0.1:0', 'dist/main.js'],
    env: { NODE_ENV: 'test', DATABASE_URL: helper.database.url, JWT_SECRET: secret },
  })
  const [, port] = await service.untilPrinted(/"port":(\d+).*"Listening"/)
  url = `http://127.0.0.1:${port}/graphql`
  const [inspector] = /ws:\/\/127\.0\.0\.1:\S+/.exec(service.errors) ?? []
  heap = await Heap.of(inspector ?? '')
  eve = await helper.seed.person('eve')
  bea = await helper.seed.person('bea')
  const own = await helper.seed.deal('own', { buyer: eve })
  deal = await helper.seed.deal('undisturbed', { buyer: bea })
  const message = await eve.say(own, 'Mine')
  const messageId = `msg_${message.id}`
  ids = {
    fitting: { transactionId: own.id, messageId, upToMessageId: messageId, replyToId: messageId, senderId: eve.id },
    others: [own.id, deal.id, eve.id, bea.id, messageId, 'txn_nowhere', 'evt_1.own', 'x', ''],
  }
}, 60_000)
afterAll(async () => {
  heap.close()
  await service.end()
  await helper.close()
})

/** What came back of so many requests and frames. */
async function trouble(seed: number, requests: number, frames: number) {
  const random = new Random(seed)
  const documents = new DocumentMaker(random, createSchema(), ids)
  const http = new HttpCaller({ url, token: eve.token, random, documents })
  const webSocket = new FrameCaller({ url: url.replace('http', 'ws'), token: eve.token, random, documents })
  const inTurn = pLimit(AT_ONCE)
  const statuses: Record<string, number> = {}
  const closings: Record<string, number> = {}
  const faults: string[] = []
  let [executed, refused] = [0, 0]
  const asked = Array.from({ length: requests }, () => http.next())
  await Promise.all(
    asked.map((request) =>
      inTurn(async () => {
        const { status, text } = await http.send(request)
        statuses[String(status)] = (statuses[String(status)] ?? 0) + 1
        if (text.includes('"data":')) executed += 1
        else if (text.includes('"errors":')) refused += 1
        if ((status !== null && status >= 500) || FAULTS.test(text)) faults.push(`${request.bytes}\n\n${text}`)
      }),
    ),
  )
  let framesSent = 0
  while (framesSent < frames) {
    const outcome = await webSocket.talk()
    framesSent += outcome.framesSent
    executed += outcome.frames.filter(({ type }) => type === 'next').length
    refused += outcome.frames.filter(({ type }) => type === 'error').length
    closings[String(outcome.closeCode)] = (closings[String(outcome.closeCode)] ?? 0) + 1
    faults.push(...outcome.frames.map((frame) => JSON.stringify(frame)).filter((frame) => FAULTS.test(frame)))
    // 1011 and 4500 say that we are at fault.
    if (outcome.closeCode === 1011 || outcome.closeCode === 4500) faults.push(`closed with ${outcome.closeCode}`)
  }
  return { faults, executed, refused, statuses, closings, framesSent }
}

describe('random and broken requests and frames', () => {
  test('meet no fault of ours, disturb nobody, and leave nothing behind', async () => {
    await trouble(SEED + 1, WARM_UP, WARM_UP)
    const before = await heap.usedMegabytes()
    const bystander = connect(url.replace('http', 'ws'), bea.token)
    const heard = listen(bystander, FOLLOW_MESSAGES, { transactionId: deal.id, after: await timelineCursor(bea, deal) })
    const said: string[] = []
    let isOver = false
    const talk = async () => {
      while (!isOver) {
        const content = `Message ${said.length}`
        await post(url, SEND, { input: { transactionId: deal.id, content } }, { authorization: `Bearer ${bea.token}` })
        expect((await heard.next()).messageAdded.node.content).toBe(content)
        said.push(content)
      }
    }
    const troubling = trouble(SEED, REQUESTS, FRAMES).finally(() => {
      isOver = true
    })
    const [outcome] = await Promise.all([troubling, talk()])
    await bystander.dispose()
    const after = await heap.usedMegabytes()
    console.log('Random requests and frames:', {
      ...outcome,
      faults: outcome.faults.length,
      heapMegabytes: { before, after },
    })
    expect(outcome.faults).toEqual([])
    expect(said.length).toBeGreaterThan(10)
    // Neither all nonsense nor all in order.
    expect(outcome.executed).toBeGreaterThan(100)
    expect(outcome.refused).toBeGreaterThan(1_000)
    expect(service.output).not.toMatch(/"level":(50|60)/)
    expect(after - before).toBeLessThan(MOST_GROWTH_MB)
  }, 180_000)
})
