import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { BoundedQueue } from '../../src/events/bounded-queue.js'

const filled = (capacity: number, items: readonly number[]) => {
  const queue = new BoundedQueue<number>(capacity)
  for (const item of items) queue.push(item)
  return queue
}

describe('a bounded queue', () => {
  test('gives all that waits, in order, and then what comes', async () => {
    const queue = filled(3, [1, 2, 3])
    expect(await queue.take()).toEqual([1, 2, 3])
    const taking = queue.take()
    queue.push(4)
    queue.push(5)
    expect(await taking).toEqual([4, 5])
  })

  test('has room again for as much as it holds when it was emptied', async () => {
    const queue = filled(2, [1, 2])
    await queue.take()
    queue.push(3)
    queue.push(4)
    expect(queue.hasOverflowed).toBe(false)
    expect(await queue.take()).toEqual([3, 4])
  })

  test('that overflows drops everything, ends, and says why', async () => {
    const queue = filled(2, [1, 2, 3])
    expect(queue.hasOverflowed).toBe(true)
    expect(await queue.take()).toBeNull()
    queue.push(4)
    expect(await queue.take()).toBeNull()
  })

  test('that is closed drops everything and ends, and that is no overflow', async () => {
    const queue = filled(2, [1])
    queue.close()
    queue.push(2)
    expect(await queue.take()).toBeNull()
    expect(queue.hasOverflowed).toBe(false)
  })

  test('wakes whoever waits when it is closed', async () => {
    const queue = filled(1, [])
    const taking = queue.take()
    queue.close()
    expect(await taking).toBeNull()
  })

  test('wakes whoever waits when it overflows before they could take', async () => {
    const queue = filled(1, [])
    const taking = queue.take()
    queue.push(1)
    queue.push(2)
    expect(await taking).toBeNull()
    expect(queue.hasOverflowed).toBe(true)
  })

  test('stays overflowed when it is closed afterwards', () => {
    const queue = filled(1, [1, 2])
    queue.close()
    expect(queue.hasOverflowed).toBe(true)
  })

  test('gives each item once and in order until it overflows, and never holds more than it may', async () => {
    const steps = fc.array(fc.constantFrom('push', 'push', 'take'), { maxLength: 60 })
    await fc.assert(
      fc.asyncProperty(steps, fc.integer({ min: 1, max: 5 }), async (all, capacity) => {
        const queue = new BoundedQueue<number>(capacity)
        const taken: number[] = []
        let pushed = 0
        let waiting = 0
        for (const step of all) {
          if (step === 'push') {
            queue.push(++pushed)
            waiting += 1
          } else if (waiting > 0 && !queue.hasOverflowed) {
            taken.push(...((await queue.take()) ?? []))
            waiting = 0
          }
          if (waiting > capacity) break
        }
        expect(queue.hasOverflowed).toBe(waiting > capacity)
        expect(taken).toEqual(taken.map((_, index) => index + 1))
        expect(taken.length).toBe(pushed - waiting)
      }),
    )
  })
})
