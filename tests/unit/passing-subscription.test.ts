import { setImmediate } from 'node:timers/promises'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { PassingSubscription } from '../../src/chat/timeline/passing-subscription.js'
import { LatestValues } from '../../src/events/latest-values.js'
import type { LiveEntry } from '../../src/events/topics.js'
import { Departures } from './following/departures.js'

let deal: Departures
let values: LatestValues<string, number>
let subscription: PassingSubscription<number>
const release = vi.fn()
const onEntry = vi.fn<(entry: LiveEntry) => void>()

beforeEach(async () => {
  vi.resetAllMocks()
  deal = new Departures()
  values = new LatestValues()
  subscription = new PassingSubscription({ values, timeline: await deal.follow('bea'), onEntry, release })
})

const DONE = { done: true, value: undefined }

/** Nothing of it is left. */
function expectReleased(): void {
  expect(release).toHaveBeenCalledTimes(1)
  expect(deal.followers.size).toBe(0)
}

describe('a subscription to passing states', () => {
  test('gives what is set, of each key the latest', async () => {
    const first = subscription.next()
    values.set('sam', 1)
    expect(await first).toEqual({ done: false, value: 1 })
    values.set('sam', 2)
    values.set('ana', 3)
    values.set('sam', 4)
    expect([await subscription.next(), await subscription.next()]).toEqual([
      { done: false, value: 4 },
      { done: false, value: 3 },
    ])
    expect(release).not.toHaveBeenCalled()
  })

  test('hears of the entries of its timeline, also while nobody asks for values', async () => {
    await setImmediate()
    deal.leave('sam')
    await vi.waitFor(() => expect(onEntry).toHaveBeenCalledTimes(1))
    expect(onEntry.mock.calls[0]?.[0]).toMatchObject({ kind: 'PARTICIPANT_LEFT', userKey: 'sam' })
  })

  test('ends with the error of its timeline, once, when its viewer leaves, and what waits is not given', async () => {
    values.set('sam', 1)
    deal.leave('bea')
    await vi.waitFor(() => expect(release).toHaveBeenCalled())
    values.set('sam', 2)
    await expect(subscription.next()).rejects.toMatchObject({ code: 'NOT_FOUND', details: { field: 'transactionId' } })
    expect(await subscription.next()).toEqual(DONE)
    expectReleased()
  })

  test('that waits ends with that error too', async () => {
    const waiting = subscription.next()
    deal.leave('bea')
    await expect(waiting).rejects.toMatchObject({ code: 'NOT_FOUND' })
    expectReleased()
  })

  test('that is returned ends at once, also while a `next` waits, and lets go of everything once', async () => {
    const waiting = subscription.next()
    expect(await subscription.return()).toEqual(DONE)
    expect(await waiting).toEqual(DONE)
    expect(await subscription.return()).toEqual(DONE)
    deal.leave('bea')
    expect(await subscription.next()).toEqual(DONE)
    expectReleased()
  })

  test('ends with the error of whoever hears of its entries', async () => {
    onEntry.mockImplementation(() => {
      throw new RangeError('Not this one')
    })
    const waiting = subscription.next()
    deal.leave('sam')
    await expect(waiting).rejects.toThrow('Not this one')
    expectReleased()
  })
})
