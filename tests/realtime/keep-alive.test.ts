import { afterAll, beforeAll, expect, test } from 'vitest'
import { RawSocket } from '../testkit/raw-socket.js'
import type { Person } from '../testkit/seed.js'
import { startTestService, type TestService } from '../testkit/service.js'

let testService: TestService
let sam: Person

beforeAll(async () => {
  testService = await startTestService({ PING_INTERVAL_MS: '200' })
  sam = await testService.seed.person('sam')
})
afterAll(() => testService.close())

test('a client that answers pings stays; one that does not is cut off', async () => {
  const good = await RawSocket.connect(testService.webSocketUrl, sam.token)
  const dead = await RawSocket.connect(testService.webSocketUrl, sam.token, { autoPong: false })
  expect(await dead.closed).toEqual({ code: 1006, reason: '' })
  await good.pinged(5)
  expect(await good.untilPong()).toEqual([])
  await good.close()
})
