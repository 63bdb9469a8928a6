import { setImmediate as everythingElse } from 'node:timers/promises'
import { pino } from 'pino'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { TimelineFollowers } from '../../src/chat/timeline/timeline-followers.js'
import type { Head, Reading, TimelineReader } from '../../src/chat/timeline/timeline-store.js'
import { type SubscriptionOptions, TimelineSubscription } from '../../src/chat/timeline/timeline-subscription.js'
import { NotFoundError } from '../../src/errors.js'
import type { LiveEntry } from '../../src/events/topics.js'
import { createMetrics } from '../../src/metrics.js'
import { MemoryEventBus } from '../../src/platform/memory-event-bus.js'

// Interleavings that a real database shows too rarely: here each answer comes when the test says so.

const KEY = 'deal'
const metrics = createMetrics()

/** A question to the database, still without an answer. */
interface Asked<Question, Answer> {
  readonly question: Question
  answer(answer: Answer): void
  fail(error: Error): void
}

let heads: Asked<readonly string[], Map<string, Head>>[]
let readings: Asked<readonly [after: number, upTo: number], Reading>[]
let logged: string[]
let bus: MemoryEventBus
let followers: TimelineFollowers
let subscriptions: TimelineSubscription[]

function ask<Question, Answer>(asked: Asked<Question, Answer>[], question: Question): Promise<Answer> {
  return new Promise((answer, fail) => asked.push({ question, answer, fail }))
}

const store: TimelineReader = {
  heads: (keys) => ask(heads, keys),
  read: ({ after, upTo }) => ask(readings, [after, upTo]),
  isUnavailable: () => false,
}

beforeEach(() => {
  ;[heads, readings, logged, subscriptions] = [[], [], [], []]
  bus = new MemoryEventBus((error) => {
    throw error
  })
  const log = pino({}, { write: (line: string) => void logged.push(JSON.parse(line).msg) })
  followers = new TimelineFollowers({ store, bus, log })
})
afterEach(async () => {
  for (const subscription of subscriptions) await subscription.return()
  expect(followers.size).toBe(0)
})

function stands(head: number, partnerClientId: string | null = null): Map<string, Head> {
  return new Map([[KEY, { position: head, partnerClientId }]])
}

function reading(...positions: number[]): Reading {
  return { entries: positions.map(entryAt), position: positions.at(-1) ?? 0 }
}

function entryAt(position: number): LiveEntry {
  return {
    transactionKey: KEY,
    position,
    kind: 'STATUS_CHANGED',
    actorKey: null,
    messageId: null,
    userKey: null,
    data: {},
    occurredAt: new Date(0),
    message: null,
    actor: null,
    user: null,
  }
}

const ring = (position: number) => bus.publish('timelineAdvanced', KEY, { position, entries: [] })

/** Somebody who has read up to `seen`, and wants what comes after `after`. The first starts a follower at 5. */
async function follow(
  after: number,
  seen: number,
  { partner = null, owner = null }: { partner?: SubscriptionOptions['partner']; owner?: string | null } = {},
): Promise<TimelineSubscription> {
  const borrowing = followers.borrow(KEY)
  await everythingElse()
  heads.shift()?.answer(stands(5, owner))
  const { thing: follower, release } = await borrowing
  follower.see(seen)
  const guard = { kinds: [], check() {} }
  const options = {
    transactionKey: KEY,
    after,
    kinds: ['STATUS_CHANGED'] as const,
    readerKey: null,
    partner,
    guard,
  }
  const subscription = new TimelineSubscription({ follower, release, store, metrics }, options)
  subscriptions.push(subscription)
  return subscription
}

async function heal(head: number, owner: string | null = null): Promise<void> {
  const healing = followers.heal()
  heads.shift()?.answer(stands(head, owner))
  await healing
  await everythingElse()
}

test('what rings while a follower starts is read', async () => {
  const borrowing = followers.borrow(KEY)
  await everythingElse()
  ring(7)
  heads.shift()?.answer(stands(5))
  const { release } = await borrowing
  expect(readings.map(({ question }) => question)).toEqual([[5, 7]])
  release()
})

test('who ends while a reading hangs is not kept waiting, and not told how it went', async () => {
  const subscription = await follow(2, 5)
  const next = subscription.next()
  expect(readings.map(({ question }) => question)).toEqual([[2, 5]])
  const done = { done: true, value: undefined }
  expect(await subscription.return()).toEqual(done)
  expect(await next).toEqual(done)
  readings[0]?.fail(new Error('Nobody wants to know'))
  await everythingElse()
})

test.each([
  ['asked for', () => followers.heal(), () => heads.shift()?.answer(stands(9))],
  ['reading', async () => ring(9), () => readings.shift()?.answer(reading(6, 7))],
])('a follower that is stopped while it is %s reads nothing more', async (_what, begin, answer) => {
  const subscription = await follow(5, 5)
  const begun = begin()
  await subscription.return()
  answer()
  await begun
  await everythingElse()
  expect(readings).toEqual([])
})

test('a follower reads on as soon as somebody comes who has read further', async () => {
  await follow(5, 5)
  const ahead = await follow(7, 7)
  expect(readings.map(({ question }) => question)).toEqual([[5, 7]])
  const next = ahead.next()
  readings.shift()?.answer(reading(6, 7))
  await heal(8)
  readings.shift()?.answer(reading(8))
  expect((await next).value?.position).toBe(8)
})

test('a timeline that ends before what somebody has read was put back, also if the follower was not there yet', async () => {
  const subscription = await follow(8, 8)
  const refused = expect(subscription.next()).rejects.toMatchObject({
    code: 'BAD_USER_INPUT',
    details: { field: 'after' },
  })
  readings.shift()?.answer(reading(6))
  await everythingElse()
  readings.shift()?.answer({ entries: [], position: 8 })
  await heal(6)
  await refused
})

test('who comes after a timeline went back is not held up by a slow reader who was there before', async () => {
  const slow = await follow(5, 5)
  await heal(3)
  const fresh = await follow(5, 5)
  const next = fresh.next()
  ring(6)
  readings.shift()?.answer(reading(6))
  expect((await next).value?.position).toBe(6)
  await expect(slow.next()).rejects.toMatchObject({ code: 'BAD_USER_INPUT' })
})

test('a partner who was let in while the follower was behind is looked at again each time that it is told whose the deal is', async () => {
  let owner = 'bolt'
  let looks = 0
  const partner = {
    clientId: 'bolt',
    async confirmAccess() {
      looks += 1
      if (owner !== 'bolt') throw new NotFoundError('transaction', 'transactionId')
    },
  }
  const subscription = await follow(5, 5, { partner, owner: 'acme' })
  const next = subscription.next()
  await everythingElse()
  expect(looks).toBe(1)
  ring(6)
  readings.shift()?.answer(reading(6))
  expect((await next).value?.position).toBe(6)
  const refused = expect(subscription.next()).rejects.toMatchObject({ code: 'NOT_FOUND' })
  owner = 'acme'
  // As the follower had it all the while.
  await heal(6, 'acme')
  await refused
  expect(looks).toBe(2)
})

test('readings that fail in a row are said once', async () => {
  await follow(5, 5)
  for (const again of [1, 2]) {
    for (let failures = 0; failures < 3; failures += 1) {
      await heal(5 + again)
      readings.shift()?.fail(new Error('No'))
      await everythingElse()
    }
    expect(logged).toEqual(Array(again).fill('Reading a timeline on failed'))
    await heal(5 + again)
    readings.shift()?.answer(reading(5 + again))
    await everythingElse()
  }
})
