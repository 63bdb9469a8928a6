import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { print } from 'graphql'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createTemporaryDirectory } from '../testkit/directory.js'
import { fillDeal } from '../testkit/long-deal.js'
import { RawSocket } from '../testkit/raw-socket.js'
import { peakMemory } from '../testkit/resident-memory.js'
import type { Deal, Person } from '../testkit/seed.js'
import { startTestService, type TestService } from '../testkit/service.js'
import { ServiceProcess } from '../testkit/service-process.js'
import { Throttle } from '../testkit/throttle.js'
import { countTo, FOLLOW_MESSAGES, timelineCursor } from '../testkit/timeline-documents.js'

const OWED = { count: 25_000, content: 'x'.repeat(10_000) }
const MOST_GROWTH_MB = 50
const WARM_UP = { ...OWED, count: 3_000 }
const TRICKLE_BYTES_PER_SECOND = 2_000_000

/** One service fills the database and signs tokens; the other, which is measured, has a process of its own. */
let helper: TestService
let service: ServiceProcess
let throttle: Throttle
let bea: Person
let sam: Person
let deal: Deal
let beginning: string

const shown: Record<string, number> = {}

describe.runIf(process.platform === 'linux')('a reader who is owed 250 MB', () => {
  beforeAll(async () => {
    const secret = randomUUID()
    helper = await startTestService({ JWT_SECRET: secret })
    service = new ServiceProcess({
      project: fileURLToPath(new URL('../..', import.meta.url)),
      dataDirectory: createTemporaryDirectory(),
      // With much room V8 lets garbage lie; what is told here is what is held.
      command: [process.execPath, '--max-old-space-size=160', '--max-semi-space-size=4', 'dist/main.js'],
      env: { NODE_ENV: 'test', DATABASE_URL: helper.database.url, JWT_SECRET: secret, WRITE_STALL_TIMEOUT_MS: '5000' },
    })
    const [, port] = await service.untilPrinted(/"port":(\d+).*"Listening"/)
    throttle = await Throttle.start(`http://127.0.0.1:${port}`)
    bea = await helper.seed.person('bea')
    sam = await helper.seed.person('sam')
    deal = await helper.seed.deal('owed', { buyer: bea, seller: sam })
    beginning = await timelineCursor(sam, deal)
    const warmUp = await helper.seed.deal('warm-up', { buyer: bea, seller: sam })
    const warmUpFrom = await timelineCursor(sam, warmUp)
    await fillDeal(helper.database.url, warmUp, [bea], WARM_UP)
    await fillDeal(helper.database.url, deal, [bea], OWED)
    const socket = await RawSocket.connect(throttle.webSocketUrl, sam.token)
    socket.subscribe('warm-up', print(FOLLOW_MESSAGES), { transactionId: warmUp.id, after: warmUpFrom })
    for (let read = 0; read < WARM_UP.count; read += 1) await socket.next()
    await socket.close()
    shown['before'] = await peakMemory(service.processId, () => delay(500))
  }, 60_000)
  afterAll(async () => {
    await throttle.close()
    await service.end()
    await helper.close()
    console.log('Resident memory of the service, in MB:', shown)
  })

  async function subscribe(): Promise<RawSocket> {
    const socket = await RawSocket.connect(throttle.webSocketUrl, sam.token)
    socket.subscribe('deal', print(FOLLOW_MESSAGES), { transactionId: deal.id, after: beginning })
    return socket
  }

  function expectBounded(phase: string, peak: number): void {
    shown[phase] = peak
    expect(peak - (shown['before'] ?? 0)).toBeLessThan(MOST_GROWTH_MB)
  }

  test('takes no memory while it stalls, until it is closed', async () => {
    const socket = await subscribe()
    await socket.next()
    throttle.setRate(0)
    const peak = await peakMemory(service.processId, () => service.untilPrinted(/reads too slowly/).then(() => {}))
    expectBounded('while it stalls', peak)
    throttle.setRate(Number.POSITIVE_INFINITY)
    expect(await socket.closed).toEqual({ code: 1013, reason: 'Too slow' })
  }, 30_000)

  test('takes no memory while it catches up, at a trickle and then as fast as it can', async () => {
    throttle.setRate(TRICKLE_BYTES_PER_SECOND)
    const socket = await subscribe()
    expectBounded('at a trickle', await peakMemory(service.processId, () => delay(5_000)))
    throttle.setRate(Number.POSITIVE_INFINITY)
    const sequences: number[] = []
    const peak = await peakMemory(service.processId, async () => {
      while (sequences.length < OWED.count) {
        const { payload } = await socket.next()
        sequences.push(
          (payload as { data: { messageAdded: { node: { sequence: number } } } }).data.messageAdded.node.sequence,
        )
      }
    })
    expectBounded('at full speed', peak)
    expect(sequences).toEqual(countTo(OWED.count))
    await socket.close()
    shown['after'] = await peakMemory(service.processId, () => delay(500))
  }, 60_000)

  test.each([
    ['long pings', 40, (socket: RawSocket) => socket.send({ type: 'ping', payload: { pad: 'x'.repeat(3_000) } })],
    ['short pings', 100, (socket: RawSocket) => socket.send({ type: 'ping' })],
    ['what is refused', 60, (socket: RawSocket) => socket.subscribe('bad', '{')],
  ])(
    'takes no memory while it stalls and goes on to say %s',
    async (what, thousands, say) => {
      throttle.setRate(Number.POSITIVE_INFINITY)
      const socket = await subscribe()
      await socket.next()
      throttle.setRate(0)
      const peak = await peakMemory(service.processId, async () => {
        for (let batch = 0; batch < thousands; batch += 1) {
          for (let count = 0; count < 1_000; count += 1) say(socket)
          await delay(20)
        }
      })
      expectBounded(what, peak)
      socket.terminate()
    },
    30_000,
  )
})
