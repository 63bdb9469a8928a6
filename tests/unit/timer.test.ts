import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { callAt } from '../../src/transport/timer.js'

const DAY_MS = 86_400_000
const now = new Date('2026-03-01T12:00:00.000Z')
const inMs = (milliseconds: number) => new Date(now.getTime() + milliseconds)

beforeEach(() => {
  vi.useFakeTimers({ now })
})
afterEach(() => {
  vi.useRealTimers()
})

describe('a call at an instant', () => {
  // setTimeout itself can wait for 2^31 - 1 ms: 24.8 days.
  test.each([1, 1_000, DAY_MS, 2_147_483_647, 2_147_483_648, 30 * DAY_MS, 365 * DAY_MS])(
    'comes then, and once, when that is in %i ms',
    (milliseconds) => {
      const callback = vi.fn()
      callAt(inMs(milliseconds), callback)
      vi.advanceTimersByTime(milliseconds - 1)
      expect(callback).not.toHaveBeenCalled()
      vi.advanceTimersByTime(1)
      expect(callback).toHaveBeenCalledTimes(1)
      vi.advanceTimersByTime(400 * DAY_MS)
      expect(callback).toHaveBeenCalledTimes(1)
    },
  )

  test('that has passed comes at once, but not before the caller goes on', () => {
    const callback = vi.fn()
    callAt(inMs(-1_000), callback)
    expect(callback).not.toHaveBeenCalled()
    vi.advanceTimersByTime(0)
    expect(callback).toHaveBeenCalledTimes(1)
  })

  test.each([1_000, 60 * DAY_MS])('can be called off: in %i ms', (milliseconds) => {
    const callback = vi.fn()
    const callOff = callAt(inMs(milliseconds), callback)
    vi.advanceTimersByTime(milliseconds - 1)
    callOff()
    vi.advanceTimersByTime(milliseconds)
    expect(callback).not.toHaveBeenCalled()
    expect(vi.getTimerCount()).toBe(0)
  })
})
