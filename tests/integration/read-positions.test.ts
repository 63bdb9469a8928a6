import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { MemoryEventBus } from '../../src/platform/memory-event-bus.js'
import type { Deal, Person } from '../testkit/seed.js'
import { startTestService, type TestService } from '../testkit/service.js'

let testService: TestService
let bea: Person
let sam: Person
let deal: Deal

beforeAll(async () => {
  testService = await startTestService()
  bea = await testService.seed.person('bea')
  sam = await testService.seed.person('sam')
  deal = await testService.seed.deal('deal', { buyer: bea, seller: sam })
})
afterAll(() => testService.close())

test('positions that the bus brings in another order, or twice, are told forward only', async () => {
  const { receipt } = testService.service.services
  const subscription = await receipt.follow(sam.viewer, deal.key)
  const publish = MemoryEventBus.prototype.publish
  const held: (() => void)[] = []
  const holding = vi.spyOn(MemoryEventBus.prototype, 'publish').mockImplementation(function (
    this: MemoryEventBus,
    ...news
  ) {
    if (news[0] === 'messagesRead') held.push(() => publish.apply(this, news))
    else publish.apply(this, news)
  })
  for (let nth = 1; nth <= 5; nth += 1) {
    await receipt.markRead(bea.viewer, deal.key, (await sam.say(deal, `message ${nth}`)).id)
  }
  holding.mockRestore()
  const bring = (...positions: number[]) => {
    for (const position of positions) held[position - 1]?.()
  }
  const next = async () => (await subscription.next()).value?.lastReadSequence

  bring(2)
  expect(await next()).toBe(2)
  bring(1, 2, 4)
  expect(await next()).toBe(4)
  bring(3, 4, 5, 1)
  expect(await next()).toBe(5)
  await subscription.return()
})

test('who is behind is told the newest position of each person alone', async () => {
  const { receipt } = testService.service.services
  const subscription = await receipt.follow(sam.viewer, deal.key)
  let last = { sequence: 0 }
  for (let nth = 1; nth <= 5; nth += 1) {
    const message = await bea.say(deal, `message ${nth}`)
    await receipt.markRead(bea.viewer, deal.key, message.id)
    if (nth === 3) await receipt.markRead(sam.viewer, deal.key, message.id)
    last = message
  }
  const told = [await subscription.next(), await subscription.next()].map(({ value }) => [
    value?.userKey,
    value?.lastReadSequence,
  ])
  expect(told).toEqual([
    ['bea', last.sequence],
    ['sam', last.sequence - 2],
  ])
  await subscription.return()
})

test('nothing is published where the position stays', async () => {
  const { receipt } = testService.service.services
  const publish = vi.spyOn(MemoryEventBus.prototype, 'publish')
  const [first, second] = [await sam.say(deal, 'one'), await sam.say(deal, 'two')]
  for (const { id } of [second, second, first]) await receipt.markRead(bea.viewer, deal.key, id)
  await receipt.markRead(bea.viewer, deal.key, (await bea.say(deal, 'my own')).id)
  const published = publish.mock.calls.filter(([kind]) => kind === 'messagesRead')
  publish.mockRestore()
  expect(published).toMatchObject([
    ['messagesRead', deal.key, { participant: { lastReadSequence: second.sequence, user: { key: 'bea' } } }],
    ['messagesRead', deal.key, { participant: { lastReadSequence: second.sequence + 1 } }],
  ])
  expect(published[0]?.[2]).not.toHaveProperty('participant.transaction')
})
