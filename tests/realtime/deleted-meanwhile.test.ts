import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Deal, Person } from '../testkit/seed.js'
import { startTestService, type TestService } from '../testkit/service.js'

let testService: TestService
let bea: Person
let sam: Person

beforeAll(async () => {
  testService = await startTestService()
  bea = await testService.seed.person('bea')
  sam = await testService.seed.person('sam')
})
afterAll(() => testService.close())

function follow(deal: Deal, kind: 'MESSAGE_SENT' | 'MESSAGE_DELETED') {
  return testService.service.services.timeline.follow(sam.viewer, deal.key, { kinds: [kind] })
}

test('what was deleted before a slow reader came to it arrives as a tombstone', async () => {
  const deal = await testService.seed.deal('regretted', { buyer: bea, seller: sam })
  const subscription = await follow(deal, 'MESSAGE_SENT')
  const deletions = await follow(deal, 'MESSAGE_DELETED')
  const waiting = subscription.next()
  await bea.say(deal, 'seen at once')
  expect((await waiting).value?.message?.content).toBe('seen at once')

  // Both wait in the queue: nobody reads at the moment.
  const regretted = await bea.say(deal, 'regretted')
  await bea.say(deal, 'kept')
  await testService.service.services.message.delete(bea.viewer, regretted.id)
  await deletions.next()

  expect((await subscription.next()).value?.message).toMatchObject({ id: regretted.id, content: null })
  expect((await subscription.next()).value?.message).toMatchObject({ content: 'kept', sequence: 3 })
  await Promise.all([subscription.return(), deletions.return()])
})
