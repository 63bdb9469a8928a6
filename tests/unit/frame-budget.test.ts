import { describe, expect, test } from 'vitest'
import { FrameBudget } from '../../src/transport/frame-budget.js'

/** Of so many frames at one moment how many are taken. */
function take(budget: FrameBudget, count: number, now: number, heldBackMs = 0): number {
  return Array.from({ length: count }, () => budget.take(now, heldBackMs)).filter(Boolean).length
}

const create = () => new FrameBudget({ burst: 20, perSecond: 10 }, 0)

describe('a budget of frames', () => {
  test('has so many at once, and no more', () => {
    expect(take(create(), 25, 0)).toBe(20)
  })

  test('grows again with time, but not beyond what may come at once', () => {
    const budget = create()
    for (let now = 0; now <= 60_000; now += 100) expect(budget.take(now, 0)).toBe(true)
    expect(take(budget, 100, 1_000_000)).toBe(20)
  })

  test('takes as many as it says in the long run, and one more is one too many', () => {
    const budget = create()
    expect(take(budget, 20, 0)).toBe(20)
    for (let now = 100; now <= 60_000; now += 100) expect(budget.take(now, 0)).toBe(true)
    expect(budget.take(60_000, 0)).toBe(false)
  })

  test('does not hold against a client what it says while it is not listened to', () => {
    const budget = create()
    take(budget, 20, 0)
    // 10 s of which it was held back for 6: what it may say in these comes at once, and beside it what is usual.
    expect(take(budget, 200, 10_000, 6_000)).toBe(20 + 60)
    expect(take(budget, 200, 11_000, 6_000)).toBe(0)
  })

  test('keeps what a client that was held back may still say', () => {
    const budget = create()
    expect(take(budget, 1, 6_000, 6_000)).toBe(1)
    expect(take(budget, 200, 6_001, 6_000)).toBe(20 + 60 - 1)
  })
})
