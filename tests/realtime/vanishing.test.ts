import { print } from 'graphql'
import { pino } from 'pino'
import { expect, test, vi } from 'vitest'
import { TimelineFollowers } from '../../src/chat/timeline/timeline-followers.js'
import { RawSocket } from '../testkit/raw-socket.js'
import { startTestService } from '../testkit/service.js'
import { FOLLOW_MESSAGES } from '../testkit/timeline-documents.js'

/** 500 of these are more than the system's buffers hold. */
const LONG = '界'.repeat(10_000)

test('a reader who vanishes with frames on the way leaves nothing behind, and is no incident', async () => {
  const logged: string[] = []
  const log = pino({ level: 'info' }, { write: (line: string) => void logged.push(line) })
  const borrow = vi.spyOn(TimelineFollowers.prototype, 'borrow')
  const testService = await startTestService({}, log)
  const bea = await testService.seed.person('bea')
  const sam = await testService.seed.person('sam')
  const deal = await testService.seed.deal('vanishing', { buyer: bea, seller: sam })
  const socket = await RawSocket.connect(testService.webSocketUrl, sam.token)
  for (const id of ['one', 'other']) socket.subscribe(id, print(FOLLOW_MESSAGES), { transactionId: deal.id })
  await vi.waitFor(() => expect(borrow).toHaveBeenCalledTimes(2))
  const followers = borrow.mock.contexts[0] as TimelineFollowers
  socket.pause()
  for (let batch = 0; batch < 5; batch += 1) {
    await Promise.all(Array.from({ length: 100 }, () => bea.say(deal, LONG)))
  }
  expect(followers.size).toBe(1)

  socket.terminate()
  await vi.waitFor(() => expect(followers.size).toBe(0))
  await bea.say(deal, 'to nobody')
  await testService.close()
  expect(logged).toEqual([])
})
