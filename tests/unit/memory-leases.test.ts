import { beforeEach, describe, expect, test } from 'vitest'
import { MemoryLeases } from '../../src/platform/memory-leases.js'

let nowMs = 0
let leases: MemoryLeases

beforeEach(() => {
  nowMs = 1_000_000
  leases = new MemoryLeases(() => nowMs)
})

/** Who holds what, as it is read. */
async function held(key: string): Promise<[member: string, expiresAt: number][]> {
  const read = (await leases.read('typing', [key])).get(key) ?? []
  return read.map(({ member, expiresAt }) => [member, expiresAt.getTime() - 1_000_000])
}

describe('a lease in memory', () => {
  test('is held until it runs out, and anew when it is held again', async () => {
    await leases.hold('typing', 'deal', 'bea', 6_000)
    nowMs += 5_999
    expect(await held('deal')).toEqual([['bea', 6_000]])
    await leases.hold('typing', 'deal', 'bea', 6_000)
    nowMs += 1
    expect(await held('deal')).toEqual([['bea', 11_999]])
    nowMs += 5_999
    expect(await held('deal')).toEqual([])
  })

  test('says when it is given back whether it was held until then', async () => {
    expect(await leases.release('typing', 'deal', 'bea')).toBe(false)
    await leases.hold('typing', 'deal', 'bea', 6_000)
    expect(await leases.release('presence', 'deal', 'bea')).toBe(false)
    expect(await leases.release('typing', 'deal', 'sam')).toBe(false)
    expect(await leases.release('typing', 'deal', 'bea')).toBe(true)
    expect(await leases.release('typing', 'deal', 'bea')).toBe(false)
    await leases.hold('typing', 'deal', 'bea', 6_000)
    nowMs += 6_000
    expect(await leases.release('typing', 'deal', 'bea')).toBe(false)
  })

  test('stands with the others of its key, the one that runs out first being first', async () => {
    await leases.hold('typing', 'deal', 'bea', 6_000)
    await leases.hold('typing', 'deal', 'sam', 3_000)
    await leases.hold('typing', 'other', 'ana', 1_000)
    expect(await held('deal')).toEqual([
      ['sam', 3_000],
      ['bea', 6_000],
    ])
    expect(await leases.read('typing', ['other', 'none'])).toEqual(
      new Map([
        ['other', [{ member: 'ana', expiresAt: new Date(1_001_000) }]],
        ['none', []],
      ]),
    )
  })

  test('that nobody releases and nobody reads does not stay when others are held', async () => {
    await leases.hold('presence', 'bea', 'a connection', 25_000)
    for (let nth = 0; nth < 100; nth += 1) await leases.hold('typing', `deal-${nth}`, 'bea', 6_000)
    expect(leases.size).toBe(101)
    nowMs += 10_000
    await leases.hold('presence', 'bea', 'a connection', 25_000)
    expect(leases.size).toBe(1)
    nowMs += 25_000
    await leases.hold('typing', 'deal', 'sam', 6_000)
    expect(leases.size).toBe(1)
  })

  test('that has run out does not stay when it is read, or another of its key is given back', async () => {
    await leases.hold('typing', 'deal', 'bea', 6_000)
    await leases.hold('typing', 'other', 'bea', 6_000)
    nowMs += 6_000
    await leases.read('typing', ['deal'])
    await leases.release('typing', 'other', 'sam')
    expect(leases.size).toBe(0)
  })
})
