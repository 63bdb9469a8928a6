import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createHealth } from '../../src/transport/health.js'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

test.each([
  [true, true, 'ready'],
  [true, false, 'degraded'],
  [false, true, 'unavailable'],
  [false, false, 'unavailable'],
])('with the database there: %s, and the bus: %s, the service is %s', async (isUp, isConnected, status) => {
  const health = createHealth({
    askDatabase: () => (isUp ? Promise.resolve() : Promise.reject(new Error('gone'))),
    isBusConnected: () => isConnected,
  })
  expect(await health.ready()).toEqual({
    isReady: isUp,
    report: { status, database: isUp ? 'up' : 'down', bus: isConnected ? 'up' : 'down' },
  })
  expect(vi.getTimerCount()).toBe(0)
})

test('a database that hangs is down within 2 s, and is asked once however often somebody wants to know', async () => {
  let answer = () => {}
  const askDatabase = vi.fn(
    () =>
      new Promise<void>((resolve) => {
        answer = resolve
      }),
  )
  const health = createHealth({ askDatabase, isBusConnected: () => true })
  const asked = [health.ready(), health.ready()]
  await vi.advanceTimersByTimeAsync(2_000)
  for (const { isReady } of await Promise.all(asked)) expect(isReady).toBe(false)
  const later = health.ready()
  expect(askDatabase).toHaveBeenCalledTimes(1)
  answer()
  expect((await later).isReady).toBe(true)
  void health.ready()
  expect(askDatabase).toHaveBeenCalledTimes(2)
})
