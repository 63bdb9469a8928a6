import fc from 'fast-check'
import { beforeEach, expect, test, vi } from 'vitest'
import { TimelineFollower } from '../../src/chat/timeline/timeline-follower.js'
import { TimelineEntryKind } from '../../src/generated/prisma/client.js'
import { QUEUE_CAPACITY } from './following/node-model.js'
import { Scene, type Step } from './following/scene.js'
import type { Act } from './following/timeline-model.js'

const CASES = 1_000
const KINDS = Object.values(TimelineEntryKind)

const pick = fc.nat({ max: 50 })
const node = fc.constantFrom(0, 0, 0, 1)

const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ act: fc.constant('send'), count: fc.integer({ min: 1, max: 4 }) }) },
  { weight: 4, arbitrary: fc.record({ act: fc.constantFrom('edit', 'delete'), message: pick }) },
  { weight: 4, arbitrary: fc.record({ act: fc.constantFrom('status', 'leave', 'join', 'changeRole', 'othersLeave') }) },
)

const steps = {
  commit: fc.record({ step: fc.constant('commit'), act }),
  ring: fc.record({
    step: fc.constant('ring'),
    node,
    pick,
    how: fc.constantFrom('once', 'once', 'once', 'twice', 'lost', 'false'),
  }),
  answer: fc.record({
    step: fc.constant('answer'),
    node,
    pick,
    answer: fc.constantFrom(...[1, 2, 3, 10, 100, 100].map((size) => ({ size })), 'AWAY' as const),
  }),
  heal: fc.record({ step: fc.constant('heal'), node }),
  open: fc.record({
    step: fc.constant('open'),
    behind: fc.option(fc.nat({ max: 30 }), { nil: null }),
    node,
    kinds: fc.oneof(fc.constant(KINDS), fc.subarray(KINDS, { minLength: 1 })),
    needsSeat: fc.boolean(),
  }),
  take: fc.record({ step: fc.constant('take'), pick }),
  close: fc.record({ step: fc.constant('close'), pick }),
  reconnect: fc.record({ step: fc.constant('reconnect'), node, pick }),
} satisfies Record<string, fc.Arbitrary<Step>>

/** Steps of these kinds, each as often as its number says. */
function mix(weights: Partial<Record<keyof typeof steps, number>>): fc.Arbitrary<Step[]> {
  const weighted = Object.entries(weights).map(([kind, weight]) => ({
    weight,
    arbitrary: steps[kind as keyof typeof steps] as fc.Arbitrary<Step>,
  }))
  return fc.array(fc.oneof(...weighted), { minLength: 20, maxLength: 60, size: 'max' })
}

const joined = vi.spyOn(TimelineFollower.prototype, 'join')
const left = vi.spyOn(TimelineFollower.prototype, 'leave')

function queues() {
  return joined.mock.results.flatMap(({ type, value }) => (type === 'return' ? [value] : []))
}

/** What the cases came to: a property that never gets anywhere proves nothing. */
let tally = { delivered: 0, overflowed: 0, ended: 0 }
beforeEach(() => {
  tally = { delivered: 0, overflowed: 0, ended: 0 }
})

async function play(steps: readonly Step[]): Promise<void> {
  joined.mockClear()
  left.mockClear()
  const scene = new Scene(() => {
    for (const { size } of queues()) expect(size).toBeLessThanOrEqual(QUEUE_CAPACITY)
  })
  await scene.play(steps)
  expect(new Set(left.mock.calls.map(([queue]) => queue))).toEqual(new Set(queues()))
  tally.delivered += scene.delivered
  tally.ended += scene.ended
  tally.overflowed += queues().filter(({ hasOverflowed }) => hasOverflowed).length
}

test.each<[string, fc.Arbitrary<Step[]>]>([
  ['whatever the doorbell does', mix({ commit: 8, ring: 8, answer: 9, heal: 1, open: 3, take: 10, close: 1 })],
  ['without a doorbell', mix({ commit: 6, answer: 9, heal: 4, open: 3, take: 10, close: 1 })],
  ['across reconnects', mix({ commit: 6, ring: 6, answer: 9, heal: 1, open: 3, take: 10, reconnect: 4 })],
  ['to slow readers', mix({ commit: 10, ring: 12, answer: 9, heal: 2, open: 2, take: 5 })],
])(
  'a subscription delivers each entry that it should once and in order, %s',
  async (name, steps) => {
    const seed = Math.trunc(Math.random() * 2 ** 31)
    await fc.assert(fc.asyncProperty(steps, play), { numRuns: CASES, seed })
    console.log(`${name}: ${CASES} cases, seed ${seed}`, tally)
    expect(tally.delivered).toBeGreaterThan(CASES)
    expect(tally.ended).toBeGreaterThan(CASES / 10)
    expect(tally.overflowed).toBeGreaterThan(CASES / 20)
  },
  120_000,
)
