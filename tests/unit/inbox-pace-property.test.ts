import fc from 'fast-check'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { InboxState, InboxUpdate } from '../../src/chat/inbox/inbox.js'
import { InboxSubscription } from '../../src/chat/inbox/inbox-subscription.js'
import type { Transaction } from '../../src/generated/prisma/client.js'

const KEYS = ['a', 'b', 'c']

/** The lists of a database in memory, and one who listens to them. Time passes when the test says so. */
class InboxModel {
  nowMs = 1_000
  /** By key, the version of those that are in the list. */
  readonly list = new Map<string, number>()
  readonly told: { readonly key: string; readonly atMs: number; readonly version: number | null }[] = []
  readonly subscription: InboxSubscription
  isAway = false
  #version = 0
  /** How long a reading takes. */
  readonly #readMs: number

  constructor(seated: readonly string[], readMs: number) {
    this.#readMs = readMs
    this.subscription = new InboxSubscription({
      read: (keys) => this.#read(keys),
      isPassing: () => true,
      onEnd() {},
      now: () => this.nowMs,
    })
    for (const key of seated) this.change(key, { isSeated: true })
    this.subscription.begin(this.stamps())
  }

  stamps(): Map<string, bigint> {
    return new Map([...this.list].map(([key, version]) => [key, BigInt(version)]))
  }

  change(key: string, { isSeated }: { isSeated: boolean }): void {
    this.#version += 1
    if (isSeated) this.list.set(key, this.#version)
    else this.list.delete(key)
  }

  async pass(ms: number): Promise<void> {
    // What is to be told at this very moment is told before the next.
    await vi.advanceTimersByTimeAsync(0)
    for (let passed = 0; passed < ms; passed += 5) {
      this.nowMs += 5
      await vi.advanceTimersByTimeAsync(5)
    }
  }

  /** Reads on until the end, and takes a pause after each update. */
  async takeAll(pauseMs: number): Promise<void> {
    for await (const update of this.subscription) {
      this.told.push({ key: update.transactionKey, atMs: this.nowMs, version: versionOf(update) })
      if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs))
    }
  }

  async #read(keys: readonly string[]): Promise<(InboxState | null)[]> {
    if (this.isAway) throw new Error('The database is away')
    const states = keys.map((key) => {
      const version = this.list.get(key)
      return version === undefined ? null : { transaction: transactionOf(version), stamp: BigInt(version) }
    })
    if (this.#readMs > 0) await new Promise((resolve) => setTimeout(resolve, this.#readMs))
    return states
  }
}

/** A subscription looks at nothing of it. */
function transactionOf(version: number): Transaction {
  const now = new Date(0)
  const instants = { statusChangedAt: now, createdAt: now, lastActivityAt: now }
  const counts = { messageCount: version, timelinePosition: version }
  return { key: 'any', title: 'Any', status: 'DRAFT', partnerClientId: null, ...instants, ...counts }
}

function versionOf({ transaction }: InboxUpdate): number | null {
  return transaction?.messageCount ?? null
}

const key = fc.constantFrom(...KEYS)
const actions = fc.array(
  fc.oneof(
    { weight: 5, arbitrary: fc.record({ kind: fc.constant('change' as const), key, isRung: fc.boolean() }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('leave' as const), key, isRung: fc.boolean() }) },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 400 }) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('false ring' as const), key }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('heal' as const) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('away' as const, 'back' as const) }) },
  ),
  { maxLength: 60 },
)

type Action = typeof actions extends fc.Arbitrary<(infer Each)[]> ? Each : never

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }))
afterEach(() => void vi.useRealTimers())

async function act(model: InboxModel, action: Action): Promise<void> {
  switch (action.kind) {
    case 'change':
    case 'leave':
      model.change(action.key, { isSeated: action.kind === 'change' })
      if (action.isRung) model.subscription.mark(action.key)
      return
    case 'false ring':
      return model.subscription.mark(action.key)
    case 'pass':
      return model.pass(action.ms)
    case 'heal':
      return model.subscription.heal(model.stamps())
    default:
      model.isAway = action.kind === 'away'
  }
}

test('each is told at most four times a second, only when it is news, and at last as it is in the end', async () => {
  const seated = fc.uniqueArray(key)
  const delays = fc.record({ readMs: fc.constantFrom(0, 10, 300), pauseMs: fc.constantFrom(0, 0, 40, 700) })
  await fc.assert(
    fc.asyncProperty(seated, actions, delays, async (first, all, { readMs, pauseMs }) => {
      const model = new InboxModel(first, readMs)
      const atFirst = new Map(model.list)
      const reading = model.takeAll(pauseMs)
      for (const action of all) {
        await act(model, action)
        expect(model.subscription.size).toBeLessThanOrEqual(3 * KEYS.length)
      }
      // What nobody has rung for, the healing finds, also what happens while something is read.
      model.isAway = false
      for (let healed = 0; healed < 3; healed += 1) {
        model.subscription.heal(model.stamps())
        await model.pass(2_500)
      }

      expect(model.subscription.fingerprint).toBe([...model.stamps().values()].reduce((sum, one) => sum + one, 0n))
      for (const each of KEYS) {
        const told = model.told.filter((one) => one.key === each)
        const known = [atFirst.get(each) ?? null, ...told.map(({ version }) => version)]
        expect(known.at(-1)).toBe(model.list.get(each) ?? null)
        expect(known.slice(1).filter((version, index) => version === known[index])).toEqual([])
        const versions = known.filter((version) => version !== null)
        expect(versions).toEqual(versions.toSorted((one, other) => one - other))
        const gaps = told.slice(1).map(({ atMs }, index) => atMs - (told[index]?.atMs ?? 0))
        expect(gaps.filter((gap) => gap < 250)).toEqual([])
      }
      await model.subscription.return()
      await vi.runAllTimersAsync()
      await reading
    }),
    { numRuns: 100 },
  )
})

test('what has been quiet is told at once, what was told just now after its rest, and then as it is by then', async () => {
  const model = new InboxModel(['a', 'b'], 0)
  const reading = model.takeAll(0)
  const change = (which: string) => {
    model.change(which, { isSeated: true })
    model.subscription.mark(which)
  }
  for (let nth = 0; nth < 50; nth += 1) {
    change('a')
    await model.pass(10)
  }
  change('b')
  await model.pass(1_000)
  const toldOf = (which: string) => model.told.filter((one) => one.key === which)
  expect(toldOf('a').map(({ atMs, version }) => [atMs - 1_000, version])).toEqual([
    [0, 3],
    [250, 27],
    [500, 52],
  ])
  expect(toldOf('b').map(({ atMs }) => atMs - 1_000)).toEqual([500])
  await model.subscription.return()
  await reading
})

test('who ends a subscription is not kept waiting, whatever it waits for', async () => {
  for (const readMs of [0, 10_000]) {
    const model = new InboxModel(['a'], readMs)
    const next = model.subscription.next()
    model.change('a', { isSeated: true })
    if (readMs > 0) model.subscription.mark('a')
    await model.pass(50)
    await model.subscription.return()
    expect(await next).toEqual({ done: true, value: undefined })
    expect(await model.subscription.next()).toEqual({ done: true, value: undefined })
  }
})
