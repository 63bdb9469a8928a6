import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { LatestValues } from '../../src/events/latest-values.js'

const filled = (entries: readonly (readonly [string, number])[]) => {
  const values = new LatestValues<string, number>()
  for (const [key, value] of entries) values.set(key, value)
  return values
}

describe('latest values', () => {
  test('give what waits, the longest waiting first, and then what comes', async () => {
    const values = filled([
      ['a', 1],
      ['b', 2],
    ])
    expect([await values.take(), await values.take()]).toEqual([1, 2])
    const taking = values.take()
    values.set('c', 3)
    expect(await taking).toBe(3)
  })

  test('give only the latest under each key, in the place of the first', async () => {
    const values = filled([
      ['a', 1],
      ['b', 2],
      ['a', 3],
    ])
    expect([await values.take(), await values.take()]).toEqual([3, 2])
  })

  test('give a value again under a key that was taken before', async () => {
    const values = filled([['a', 1]])
    await values.take()
    values.set('a', 1)
    expect(await values.take()).toBe(1)
  })

  test('do not give what was taken back', async () => {
    const values = filled([
      ['a', 1],
      ['b', 2],
    ])
    values.delete('a')
    values.delete('unknown')
    expect(await values.take()).toBe(2)
  })

  test('wait on when what they were woken for was taken back', async () => {
    const values = filled([])
    const taking = values.take()
    values.set('a', 1)
    values.delete('a')
    values.set('b', 2)
    expect(await taking).toBe(2)
  })

  test('that are closed drop what waits, take nothing more and end', async () => {
    const values = filled([['a', 1]])
    values.close()
    values.set('b', 2)
    expect(await values.take()).toBeNull()
    expect(await values.take()).toBeNull()
  })

  test('wake whoever waits when they are closed', async () => {
    const values = filled([])
    const taking = values.take()
    values.close()
    expect(await taking).toBeNull()
  })

  test('end with the latest of each key, whatever was set and taken, and never hold more than there are keys', async () => {
    const step = fc.oneof(
      fc.record({ key: fc.constantFrom('a', 'b', 'c'), value: fc.nat() }),
      fc.constant('take' as const),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const values = new LatestValues<string, { key: string; value: number }>()
        const latest = new Map<string, number>()
        const seen = new Map<string, number>()
        const waiting = new Set<string>()
        const take = async () => {
          const taken = await values.take()
          if (!taken) throw new Error('Closed by nobody')
          expect(waiting.delete(taken.key)).toBe(true)
          seen.set(taken.key, taken.value)
        }
        for (const next of steps) {
          if (next !== 'take') {
            values.set(next.key, next)
            latest.set(next.key, next.value)
            waiting.add(next.key)
          } else if (waiting.size > 0) await take()
        }
        while (waiting.size > 0) await take()
        expect(seen).toEqual(latest)
      }),
    )
  })
})
