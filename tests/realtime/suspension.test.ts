import { print } from 'graphql'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { createLogger } from '../../src/log.js'
import { RawSocket } from '../testkit/raw-socket.js'
import { type Person, PLATFORM } from '../testkit/seed.js'
import { startTestService, type TestNode, type TestService } from '../testkit/service.js'
import { FOLLOW_MESSAGES } from '../testkit/timeline-documents.js'
import { presenceOf, untilOnline } from './presence-documents.js'

const SUSPENDED = { code: 4403, reason: 'Suspended' }
const WITHIN_MS = 5_000

const logged: string[] = []
const log = createLogger(
  { logLevel: 'warn', logFormat: 'json' },
  { write: (line) => logged.push(JSON.parse(line).msg) },
)

let testService: TestService
let otherNode: TestNode
let bea: Person
let sam: Person
let people = 0

beforeAll(async () => {
  testService = await startTestService({}, log)
  otherNode = await testService.startAnotherNode()
})
beforeEach(async () => {
  people += 1
  bea = await testService.seed.person(`bea-${people}`)
  sam = await testService.seed.person(`sam-${people}`)
})
afterAll(async () => {
  await otherNode.close()
  await testService.close()
})

const setStatus = ({ key }: Person, status: 'ACTIVE' | 'SUSPENDED') =>
  testService.service.services.user.upsert(PLATFORM, { key, displayName: key, status })

const arrive = (person: Person, node: TestNode = testService) => RawSocket.connect(node.webSocketUrl, person.token)

test('who is suspended is sent away within 5 s, with every device, on every node; nobody else is', async () => {
  const deal = await testService.seed.deal('suspension', { buyer: bea, seller: sam })
  const sockets = [await arrive(sam), await arrive(sam), await arrive(sam, otherNode)]
  const staying = [await arrive(bea), await arrive(bea, otherNode)]
  for (const socket of [...sockets, ...staying])
    socket.subscribe('deal', print(FOLLOW_MESSAGES), { transactionId: deal.id })
  for (const socket of sockets) await socket.untilPong()

  const before = performance.now()
  await setStatus(sam, 'SUSPENDED')
  expect(await Promise.all(sockets.map(({ closed }) => closed))).toEqual([SUSPENDED, SUSPENDED, SUSPENDED])
  expect(performance.now() - before).toBeLessThan(WITHIN_MS)

  await bea.say(deal, 'still here')
  for (const socket of staying) {
    expect(await socket.next()).toMatchObject({ type: 'next', payload: { data: { messageAdded: expect.anything() } } })
    await socket.close()
  }
})

test('who is suspended is offline, and comes back when they are ACTIVE again', async () => {
  await testService.seed.deal(`back-${people}`, { buyer: bea, seller: sam })
  const socket = await arrive(sam)
  await untilOnline(sam, true, bea)
  await setStatus(sam, 'SUSPENDED')
  expect(await socket.closed).toEqual(SUSPENDED)
  await untilOnline(sam, false, bea)
  expect(await presenceOf(sam, bea)).toEqual({ isOnline: false, lastSeenAt: expect.any(String) })

  const refused = await RawSocket.closingOf(testService.webSocketUrl, { token: sam.token })
  expect(refused).toEqual({ code: 4403, reason: 'Forbidden' })

  await setStatus(sam, 'ACTIVE')
  const again = await arrive(sam)
  await untilOnline(sam, true, bea)
  await again.close()
})

test('while the database is away everybody stays; whoever was suspended meanwhile goes when it is back', async () => {
  const [socket, other] = [await arrive(sam), await arrive(bea)]
  await setStatus(sam, 'SUSPENDED')
  await testService.database.goAway()
  await expect
    .poll(() => logged.filter((line) => line === 'Who was suspended cannot be read'), { timeout: 6_000 })
    .toHaveLength(1)
  expect(await other.untilPong()).toEqual([])

  await testService.database.comeBack()
  expect(await socket.closed).toEqual(SUSPENDED)
  expect(await other.untilPong()).toEqual([])
  expect(logged.filter((line) => line === 'Who was suspended cannot be read')).toHaveLength(1)
  await other.close()
})
