import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { Regularly } from '../../src/chat/regularly.js'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

describe('something done regularly', () => {
  test('is done each time, from its start until it is stopped, and leaves no timer', async () => {
    const work = vi.fn(async () => {})
    const regularly = new Regularly(2_000, work)
    await vi.advanceTimersByTimeAsync(10_000)
    expect(work).not.toHaveBeenCalled()
    regularly.start()
    await vi.advanceTimersByTimeAsync(1_999)
    expect(work).not.toHaveBeenCalled()
    await vi.advanceTimersByTimeAsync(4_001)
    expect(work).toHaveBeenCalledTimes(3)
    regularly.stop()
    expect(vi.getTimerCount()).toBe(0)
    await vi.advanceTimersByTimeAsync(10_000)
    expect(work).toHaveBeenCalledTimes(3)
  })

  test('is done no more often when it is started twice, and can be started again', async () => {
    const work = vi.fn(async () => {})
    const regularly = new Regularly(1_000, work)
    regularly.start()
    regularly.start()
    await vi.advanceTimersByTimeAsync(1_000)
    expect(work).toHaveBeenCalledTimes(1)
    regularly.stop()
    regularly.stop()
    regularly.start()
    await vi.advanceTimersByTimeAsync(1_000)
    expect(work).toHaveBeenCalledTimes(2)
    regularly.stop()
  })

  test('is never done twice at once: what comes while it is under way is left out', async () => {
    let finish = () => {}
    const work = vi.fn(
      () =>
        new Promise<void>((resolve) => {
          finish = resolve
        }),
    )
    const regularly = new Regularly(1_000, work)
    regularly.start()
    await vi.advanceTimersByTimeAsync(5_000)
    await regularly.now()
    expect(work).toHaveBeenCalledTimes(1)
    finish()
    await vi.advanceTimersByTimeAsync(1_000)
    expect(work).toHaveBeenCalledTimes(2)
    regularly.stop()
    finish()
  })

  test('is done at once when somebody asks, started or not', async () => {
    const work = vi.fn(async () => {})
    await new Regularly(1_000, work).now()
    expect(work).toHaveBeenCalledTimes(1)
  })
})
