import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { MemoryEventBus } from '../../src/platform/memory-event-bus.js'
import { MemoryLeases } from '../../src/platform/memory-leases.js'
import type { Deal, Person } from '../testkit/seed.js'
import { startTestService, type TestService } from '../testkit/service.js'

// What a send costs for the sake of typing, and that it never costs the send.

let testService: TestService
let bea: Person
let deal: Deal

beforeAll(async () => {
  testService = await startTestService()
  bea = await testService.seed.person('bea')
})
beforeEach(async ({ task }) => {
  deal = await testService.seed.deal(task.id, { buyer: bea })
  for (const command of ['hold', 'release', 'read'] as const) vi.spyOn(MemoryLeases.prototype, command)
  vi.spyOn(MemoryEventBus.prototype, 'publish')
})
afterEach(() => vi.restoreAllMocks())
afterAll(() => testService.close())

/** How often the leases were asked for something since this was asked last. */
function commands(): Record<string, number> {
  const { hold, release, read } = MemoryLeases.prototype
  const counts = { hold, release, read }
  return Object.fromEntries(
    Object.entries(counts).map(([name, command]) => {
      const mock = vi.mocked<(...args: never[]) => unknown>(command)
      const count = mock.mock.calls.length
      mock.mockClear()
      return [name, count]
    }),
  )
}

/** What was published about typing: until when, or null. */
function published(): (Date | null)[] {
  return vi
    .mocked(MemoryEventBus.prototype.publish)
    .mock.calls.flatMap(([kind, _key, event]) =>
      kind === 'typingChanged' && 'expiresAt' in event ? [event.expiresAt] : [],
    )
}

const setTyping = (isTyping: boolean) => testService.service.services.typing.set(bea.viewer, deal.key, isTyping)

test('a message that nobody typed for gives one lease back and publishes nothing', async () => {
  await bea.say(deal, 'out of the blue')
  expect(commands()).toEqual({ hold: 0, release: 1, read: 0 })
  expect(published()).toEqual([])
})

test('a message that was typed gives one lease back and publishes that once', async () => {
  const expiresAt = await setTyping(true)
  expect(commands()).toEqual({ hold: 1, release: 0, read: 1 })
  await bea.say(deal, 'typed')
  await bea.say(deal, 'at once')
  await vi.waitFor(() => expect(published()).toEqual([expiresAt, null]))
  expect(commands()).toEqual({ hold: 0, release: 2, read: 0 })
})

test('a repeated true publishes nothing and holds nothing; a repeated false is published', async () => {
  const expiresAt = await setTyping(true)
  expect(await setTyping(true)).toEqual(expiresAt)
  expect(commands()).toEqual({ hold: 1, release: 0, read: 2 })
  await setTyping(false)
  await setTyping(false)
  expect(published()).toEqual([expiresAt, null, null])
  const again = await setTyping(true)
  expect(published()).toEqual([expiresAt, null, null, again])
})

/** Ends the hanging, which nothing may wait for: the person's next typing does. */
let goOn = () => {}
afterEach(() => goOn())

test.each([
  [
    'hang',
    () =>
      new Promise<boolean>((resolve) => {
        goOn = () => resolve(false)
      }),
  ],
  ['fail', () => Promise.reject(new Error('Nobody expects that'))],
])('a message is acknowledged though the leases %s', async (_, release) => {
  await setTyping(true)
  vi.mocked(MemoryLeases.prototype.release).mockImplementation(release)
  expect(await bea.say(deal, 'typed')).toMatchObject({ content: 'typed', sequence: 1 })
})
