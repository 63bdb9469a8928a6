import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { RateLimitedError } from '../../src/errors.js'
import type { RateLimitName, RateLimits } from '../../src/rate-limits.js'
import { SMALL_LIMITS } from '../testkit/small-limits.js'

/** Rate limits under test, with the table `SMALL_LIMITS`. */
export interface RateLimitsUnderTest {
  readonly rateLimits: RateLimits
  /** The same limits on another node; where there is none, the very same. */
  readonly elsewhere: RateLimits
  /** How often it was refused altogether, as the metrics of both nodes have it. */
  refusals(name: RateLimitName): Promise<number>
  close(): Promise<void> | void
}

/** What came of a use: null when it was let through. */
export async function use(rateLimits: RateLimits, name: RateLimitName, key: string): Promise<RateLimitedError | null> {
  try {
    await rateLimits.count(name, key)
    return null
  } catch (error) {
    if (error instanceof RateLimitedError) return error
    throw error
  }
}

/** Of so many uses at once how many are let through. */
export async function letThrough(uses: readonly Promise<RateLimitedError | null>[]): Promise<number> {
  return (await Promise.all(uses)).filter((refusal) => refusal === null).length
}

/** What every adapter of the rate limits has to do. */
export function describeRateLimits(name: string, open: () => Promise<RateLimitsUnderTest> | RateLimitsUnderTest): void {
  describe(name, () => {
    let it: RateLimitsUnderTest
    beforeEach(async () => {
      const opened = await open()
      onTestFinished(() => opened.close())
      it = opened
    })

    test('let through as many as they may, on all nodes together, and refuse the next everywhere', async () => {
      expect(await use(it.rateLimits, 'operations', 'bea')).toBeNull()
      expect(await use(it.elsewhere, 'operations', 'bea')).toBeNull()
      expect(await use(it.rateLimits, 'operations', 'bea')).toBeNull()
      for (const node of [it.elsewhere, it.rateLimits, it.rateLimits, it.elsewhere]) {
        const refusal = await use(node, 'operations', 'bea')
        expect(refusal?.code).toBe('RATE_LIMITED')
        expect(refusal?.details.limit).toBe(3)
        expect(refusal?.details.retryAfterMs).toBeGreaterThan(0)
        expect(refusal?.details.retryAfterMs).toBeLessThanOrEqual(60_000)
        expect(refusal?.message).toMatch(/^Too many operations: try again in \d+ s\.$/)
      }
      expect(await it.refusals('operations')).toBe(4)
      expect(await it.refusals('sends')).toBe(0)
    })

    test('are exact also for many at once', async () => {
      const uses = Array.from({ length: 50 }, (_, nth) =>
        use(nth % 2 === 0 ? it.rateLimits : it.elsewhere, 'partnerOperations', 'crawler'),
      )
      expect(await letThrough(uses)).toBe(SMALL_LIMITS.partnerOperations.max)
    })

    test('keep callers and limits apart', async () => {
      for (const node of [it.rateLimits, it.elsewhere, it.rateLimits]) await node.count('operations', 'bea')
      expect(await use(it.elsewhere, 'operations', 'be')).toBeNull()
      expect(await use(it.elsewhere, 'operations', 'bea:')).toBeNull()
      expect(await use(it.elsewhere, 'partnerOperations', 'bea')).toBeNull()
      expect(await use(it.elsewhere, 'operations', 'bea')).not.toBeNull()
    })

    test.each(['2001:db8:0:1::/64', '{a}b', 'ö', '', 'x'.repeat(5_000)])('take the key %s', async (key) => {
      expect(await use(it.rateLimits, 'failedAuthentications', key)).toBeNull()
      expect(await use(it.elsewhere, 'failedAuthentications', key)).not.toBeNull()
    })

    test('let through again when the window is over, which begins with its first use and no refusal prolongs', async () => {
      const waits: number[] = []
      await vi.waitFor(async () => {
        const refusal = await use(it.rateLimits, 'sends', 'bea')
        waits.push(refusal?.details.retryAfterMs ?? 0)
        expect(refusal).not.toBeNull()
      })
      expect(Math.max(...waits)).toBeLessThanOrEqual(1_500)
      await vi.waitFor(async () => expect(await use(it.elsewhere, 'sends', 'bea')).toBeNull(), 10_000)
    })
  })
}
