import { setImmediate } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { SeatKey, Stamps } from '../../src/chat/inbox/inbox.js'
import { InboxWatch, type InboxWatchOptions } from '../../src/chat/inbox/inbox-watch.js'
import type { EventBus } from '../../src/events/event-bus.js'
import { MemoryEventBus } from '../../src/platform/memory-event-bus.js'

/** A bus that knows how many listen. */
class CountedBus implements EventBus {
  readonly isConnected = true
  readonly #bus = new MemoryEventBus(() => {})
  listeners = 0

  readonly publish: EventBus['publish'] = (...given) => this.#bus.publish(...given)

  readonly subscribe: EventBus['subscribe'] = async (...given) => {
    const unsubscribe = await this.#bus.subscribe(...given)
    this.listeners += 1
    return () => {
      this.listeners -= 1
      unsubscribe()
    }
  }
}

/** Lists in memory, by user, and what was asked of them. */
class Lists {
  readonly byUser = new Map<string, Map<string, bigint>>()
  readonly asked: string[] = []
  isAway = false

  readonly store: InboxWatchOptions['store'] = {
    read: async (seats: readonly SeatKey[]) => {
      this.#ask(`states of ${seats.map(({ userKey, transactionKey }) => `${userKey}/${transactionKey}`).join()}`)
      return seats.map(({ userKey, transactionKey }) => {
        const stamp = this.byUser.get(userKey)?.get(transactionKey)
        if (stamp === undefined) return null
        const at = new Date(0)
        const transaction = { key: transactionKey, title: 'Any', status: 'DRAFT' as const, partnerClientId: null }
        const counts = { messageCount: 0, timelinePosition: 0 }
        return {
          stamp,
          transaction: { ...transaction, ...counts, statusChangedAt: at, createdAt: at, lastActivityAt: at },
        }
      })
    },
    stamps: async (userKeys) => {
      this.#ask(`stamps of ${userKeys.join()}`)
      return new Map<string, Stamps>(userKeys.map((userKey) => [userKey, new Map(this.byUser.get(userKey))]))
    },
    fingerprints: async (userKeys) => {
      this.#ask(`fingerprints of ${userKeys.join()}`)
      const sumOf = (userKey: string) => [...(this.byUser.get(userKey)?.values() ?? [])].reduce((a, b) => a + b, 0n)
      return new Map(userKeys.map((userKey) => [userKey, sumOf(userKey)]))
    },
    isUnavailable: () => true,
  }

  #ask(question: string): void {
    this.asked.push(question)
    if (this.isAway) throw new Error('The database is away')
  }
}

let bus: CountedBus
let lists: Lists
let warnings: unknown[]
let watch: InboxWatch

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  bus = new CountedBus()
  lists = new Lists()
  lists.byUser.set(
    'bea',
    new Map([
      ['deal', 1n],
      ['other', 2n],
    ]),
  )
  lists.byUser.set('sam', new Map([['deal', 3n]]))
  warnings = []
  watch = new InboxWatch({ store: lists.store, bus, log: { warn: (...given: unknown[]) => warnings.push(given) } })
})
afterEach(() => void vi.useRealTimers())

async function tick(): Promise<string[]> {
  lists.asked.length = 0
  await vi.advanceTimersByTimeAsync(2_000)
  return [...lists.asked]
}

test('all who listen for a user share one subscription of the bus; with the last it goes, and so does the asking', async () => {
  const subscriptions = [await watch.subscribe('bea'), await watch.subscribe('bea'), await watch.subscribe('sam')]
  expect([watch.size, bus.listeners]).toEqual([2, 2])
  expect(await tick()).toEqual(['fingerprints of bea,sam'])
  await subscriptions[0]?.return()
  await subscriptions[0]?.return()
  expect([watch.size, bus.listeners]).toEqual([2, 2])
  for (const subscription of subscriptions) await subscription.return()
  await setImmediate()
  expect([watch.size, bus.listeners]).toEqual([0, 0])
  expect(await tick()).toEqual([])
  expect(vi.getTimerCount()).toBe(0)
})

test('what is due for many at one moment is one reading', async () => {
  const subscriptions = [await watch.subscribe('bea'), await watch.subscribe('bea'), await watch.subscribe('sam')]
  const next = subscriptions.map((subscription) => subscription.next())
  lists.byUser.set(
    'bea',
    new Map([
      ['deal', 5n],
      ['other', 2n],
    ]),
  )
  lists.byUser.set('sam', new Map([['deal', 6n]]))
  lists.asked.length = 0
  for (const userKey of ['bea', 'sam']) bus.publish('inboxChanged', userKey, { transactionKey: 'deal' })
  await Promise.all(next)
  expect(lists.asked).toEqual(['states of bea/deal,bea/deal,sam/deal'])
  for (const subscription of subscriptions) await subscription.return()
})

test('only lists that are not as they were told are looked into, and only what moved is read', async () => {
  const subscriptions = [await watch.subscribe('bea'), await watch.subscribe('sam')]
  const next = subscriptions.map((subscription) => subscription.next())
  lists.byUser.set(
    'bea',
    new Map([
      ['deal', 1n],
      ['other', 7n],
    ]),
  )
  expect(await tick()).toEqual(['fingerprints of bea,sam', 'stamps of bea'])
  expect((await next[0])?.value?.transactionKey).toBe('other')
  expect(lists.asked.at(-1)).toBe('states of bea/other')
  expect(await tick()).toEqual(['fingerprints of bea,sam'])
  for (const subscription of subscriptions) await subscription.return()
})

test('while the database is away that is said once each time, and what was missed is told after it', async () => {
  const subscription = await watch.subscribe('sam')
  const next = subscription.next()
  for (const again of [1, 2]) {
    lists.isAway = true
    await tick()
    bus.publish('inboxChanged', 'sam', { transactionKey: 'deal' })
    await tick()
    expect(warnings).toHaveLength(again)
    lists.isAway = false
    await tick()
  }
  lists.byUser.set('sam', new Map())
  await tick()
  expect((await next).value).toMatchObject({ transactionKey: 'deal', transaction: null })
  await subscription.return()
})

test('one that can not begin leaves nothing behind', async () => {
  lists.isAway = true
  await expect(watch.subscribe('sam')).rejects.toThrow('The database is away')
  await setImmediate()
  expect([watch.size, bus.listeners, vi.getTimerCount()]).toEqual([0, 0, 0])
})
