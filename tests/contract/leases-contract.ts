import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import type { Leases } from '../../src/events/leases.js'

/** Leases under test. */
export interface LeasesUnderTest {
  readonly leases: Leases
  /** The same leases on another node; where there is none, the very same. */
  readonly elsewhere: Leases
  readonly now: () => number
  /** Lets time pass: at once with a clock of ours, otherwise it passes by itself. */
  elapse(ms: number): void
  close(): Promise<void> | void
}

/** Longer than any test. */
const LONG_MS = 60_000
const SHORT_MS = 300
/** How far off the instants of a real clock may be. */
const TOLERANCE_MS = 2_000

/** What every adapter of the leases has to do. */
export function describeLeases(name: string, open: () => Promise<LeasesUnderTest> | LeasesUnderTest): void {
  describe(name, () => {
    let it: LeasesUnderTest
    beforeEach(async () => {
      const opened = await open()
      onTestFinished(() => opened.close())
      it = opened
    })

    async function members(leases: Leases, key: string): Promise<string[] | undefined> {
      return (await leases.read('presence', [key])).get(key)?.map(({ member }) => member)
    }

    test('shows what is held, everywhere, from the moment that holding resolves', async () => {
      await it.leases.hold('presence', 'bea', 'socket-1', LONG_MS)
      expect(await members(it.leases, 'bea')).toEqual(['socket-1'])
      expect(await members(it.elsewhere, 'bea')).toEqual(['socket-1'])
    })

    test('says when it runs out, by the clock of whoever asks', async () => {
      await it.leases.hold('presence', 'bea', 'socket-1', LONG_MS)
      const [lease] = (await it.elsewhere.read('presence', ['bea'])).get('bea') ?? []
      expect(Math.abs((lease?.expiresAt.getTime() ?? 0) - it.now() - LONG_MS)).toBeLessThan(TOLERANCE_MS)
    })

    test('has an answer for every key, in any number', async () => {
      await it.leases.hold('presence', 'key-7', 'socket', LONG_MS)
      const keys = Array.from({ length: 500 }, (_, index) => `key-${index}`)
      const answer = await it.elsewhere.read('presence', keys)
      expect([...answer.keys()]).toEqual(keys)
      expect([...answer].filter(([, leases]) => leases.length > 0).map(([key]) => key)).toEqual(['key-7'])
      expect(await it.elsewhere.read('presence', [])).toEqual(new Map())
    })

    test('keeps keys and kinds apart', async () => {
      await it.leases.hold('presence', 'bea', 'socket-1', LONG_MS)
      await it.leases.hold('typing', 'bea', 'sam', LONG_MS)
      expect(await members(it.leases, 'be')).toEqual([])
      expect(await members(it.leases, 'bea')).toEqual(['socket-1'])
    })

    test('orders by what runs out first, whoever holds it', async () => {
      await it.leases.hold('presence', 'bea', 'last', LONG_MS)
      await it.elsewhere.hold('presence', 'bea', 'first', LONG_MS / 3)
      await it.leases.hold('presence', 'bea', 'second', LONG_MS / 2)
      expect(await members(it.leases, 'bea')).toEqual(['first', 'second', 'last'])
      expect(await members(it.elsewhere, 'bea')).toEqual(['first', 'second', 'last'])
    })

    test('lets go of what is released, and of nothing else', async () => {
      await it.leases.hold('presence', 'bea', 'socket-1', LONG_MS)
      await it.leases.hold('presence', 'bea', 'socket-2', LONG_MS)
      await it.leases.release('presence', 'bea', 'socket-1')
      expect(await members(it.leases, 'bea')).toEqual(['socket-2'])
      expect(await members(it.elsewhere, 'bea')).toEqual(['socket-2'])
    })

    test('takes a release of what nobody holds', async () => {
      await it.leases.release('presence', 'bea', 'socket-1')
      await it.leases.hold('presence', 'bea', 'socket-1', LONG_MS)
      expect(await members(it.leases, 'bea')).toEqual(['socket-1'])
    })

    test('says when one is given back whether it was held until then, by whomever', async () => {
      expect(await it.leases.release('typing', 'deal', 'bea')).toBe(false)
      await it.leases.hold('typing', 'deal', 'bea', LONG_MS)
      expect(await it.leases.release('presence', 'deal', 'bea')).toBe(false)
      expect(await it.elsewhere.release('typing', 'deal', 'bea')).toBe(true)
      expect(await it.leases.release('typing', 'deal', 'bea')).toBe(false)
    })

    test('believes another node that gave back, or took, what this one held before', async () => {
      await it.leases.hold('typing', 'deal', 'bea', LONG_MS)
      await it.elsewhere.hold('typing', 'deal', 'bea', LONG_MS)
      await it.elsewhere.release('typing', 'deal', 'bea')
      expect((await it.leases.read('typing', ['deal'])).get('deal')).toEqual([])
      await it.elsewhere.hold('typing', 'deal', 'bea', LONG_MS)
      expect((await it.leases.read('typing', ['deal'])).get('deal')).toHaveLength(1)
    })

    test('holds no more than so many, on all nodes together, also when many try at once', async () => {
      const tries = Array.from({ length: 20 }, (_, nth) => {
        const leases = nth % 2 === 0 ? it.leases : it.elsewhere
        return leases.holdAtMost('presence', 'bea', `socket-${nth}`, LONG_MS, 5)
      })
      expect((await Promise.all(tries)).filter(Boolean)).toHaveLength(5)
      expect(await members(it.leases, 'bea')).toHaveLength(5)
      expect(await members(it.elsewhere, 'bea')).toHaveLength(5)
      expect(await it.elsewhere.holdAtMost('presence', 'sam', 'socket', LONG_MS, 5)).toBe(true)
    })

    test('holds another when one was released or has run out', async () => {
      await it.leases.holdAtMost('presence', 'bea', 'socket-1', LONG_MS, 2)
      await it.elsewhere.holdAtMost('presence', 'bea', 'socket-2', SHORT_MS, 2)
      await it.leases.release('presence', 'bea', 'socket-1')
      expect(await it.elsewhere.holdAtMost('presence', 'bea', 'socket-3', LONG_MS, 2)).toBe(true)
      it.elapse(SHORT_MS)
      await vi.waitFor(async () => {
        expect(await it.leases.holdAtMost('presence', 'bea', 'socket-4', LONG_MS, 2)).toBe(true)
      })
      expect(await it.elsewhere.holdAtMost('presence', 'bea', 'socket-5', LONG_MS, 2)).toBe(false)
      expect(await members(it.leases, 'bea')).toEqual(['socket-3', 'socket-4'])
    })

    test('lets a lease run out by itself', async () => {
      await it.leases.hold('presence', 'bea', 'socket-1', SHORT_MS)
      await it.leases.hold('presence', 'bea', 'socket-2', LONG_MS)
      it.elapse(SHORT_MS)
      await vi.waitFor(async () => expect(await members(it.leases, 'bea')).toEqual(['socket-2']))
      expect(await members(it.elsewhere, 'bea')).toEqual(['socket-2'])
    })

    test('lets a lease that is held again be good anew, also for a shorter time', async () => {
      await it.leases.hold('presence', 'bea', 'renewed', SHORT_MS)
      await it.leases.hold('presence', 'bea', 'renewed', LONG_MS)
      await it.leases.hold('presence', 'bea', 'cut', LONG_MS)
      await it.leases.hold('presence', 'bea', 'cut', SHORT_MS)
      it.elapse(SHORT_MS)
      await vi.waitFor(async () => expect(await members(it.elsewhere, 'bea')).toEqual(['renewed']))
    })
  })
}
