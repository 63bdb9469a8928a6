import { expect, test } from 'vitest'
import { loadConfig } from '../../src/config/config.js'
import { rateLimitsOf } from '../../src/rate-limits.js'

/** The windows that these variables make: how many in how many seconds. */
function windows(env: Readonly<Record<string, string>>): Record<string, [number, number]> {
  const limits = Object.entries(rateLimitsOf(loadConfig(env).limits))
  return Object.fromEntries(limits.map(([name, { max, windowSeconds }]) => [name, [max, windowSeconds]]))
}

test('without any variable the limits are those of the design', () => {
  expect(windows({})).toEqual({
    sends: [60, 3],
    operations: [600, 60],
    partnerOperations: [1_200, 60],
    anonymousOperations: [60, 60],
    failedAuthentications: [20, 60],
  })
})

test.each([
  ['50', '20', [50, 2.5]],
  ['20', '20', [20, 1]],
  ['1', '20', [1, 1]],
  ['100000', '1', [100_000, 100_000]],
])('a burst of %s at %s a second is never more than either', (burst, perSecond, expected) => {
  expect(windows({ SEND_BURST: burst, SENDS_PER_SECOND: perSecond })['sends']).toEqual(expected)
})
