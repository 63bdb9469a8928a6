import { setImmediate } from 'node:timers/promises'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Send } from '../../src/chat/message/message.js'
import { BatchRejectedError } from '../../src/chat/message/message-store.js'
import { SendLanes } from '../../src/chat/message/send-lanes.js'
import { ServiceUnavailableError } from '../../src/errors.js'
import type { EventBus } from '../../src/events/event-bus.js'
import { BrokenError, type Fate, keyOf, POISON, SendStoreModel, STRANGER } from './send-store-model.js'

const DEALS = ['a', 'b', 'c', 'd', 'e', 'f']

const sends = fc.record({
  transactionKey: fc.constantFrom(...DEALS),
  senderKey: fc.constantFrom('bea', 'sam', STRANGER),
  clientMessageId: fc.constantFrom(null, null, 'one', 'two'),
  content: fc.constantFrom('this', 'this', 'that', POISON),
})
const bursts = fc.array(fc.array(sends, { minLength: 1, maxLength: 12 }), { minLength: 1, maxLength: 8 })
const fates: fc.Arbitrary<Fate> = fc.record({
  end: fc.oneof(
    { weight: 8, arbitrary: fc.constant('answered' as const) },
    {
      weight: 3,
      arbitrary: fc.constantFrom('rejected', 'lost before the commit', 'lost after the commit', 'broken' as const),
    },
  ),
  locked: fc.oneof({ weight: 2, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: fc.subarray(DEALS) }),
  isLookUpLost: fc.boolean(),
  elapsedMs: fc.constantFrom(0, 0, 10, 500),
})

/** A bus that fails its promise not to throw. */
const bus: EventBus = {
  isConnected: true,
  publish() {
    throw new Error('The bus is broken')
  },
  subscribe: () => Promise.reject(new Error('Nobody listens here')),
}

function* lockedOnce(): Generator<Fate> {
  const calm = { end: 'answered', isLookUpLost: false, elapsedMs: 0 } as const
  yield { ...calm, locked: DEALS }
  yield { ...calm, locked: [] }
}

interface Sent {
  readonly send: Send
  readonly arrivedAtMs: number
  settled?: { readonly outcome: string; readonly error?: unknown; readonly messageId?: string; readonly atMs: number }
}

test('every send comes to the end that it should, whatever becomes of the batches, and none overtakes another of its deal', async () => {
  await fc.assert(
    fc.asyncProperty(bursts, fc.infiniteStream(fates), fc.scheduler(), async (all, fate, scheduler) => {
      const model = new SendStoreModel(scheduler, fate)
      const now = () => model.nowMs
      const log = { error() {} }
      const lanes = new SendLanes({ store: model.store, bus, log, maxStuckCalls: 1, maxBatchSize: 3, now })
      const arrived: Sent[] = []
      const arrive = (input: Omit<Send, 'messageId' | 'type' | 'replyToId'>) => {
        const send: Send = { ...input, messageId: `${arrived.length}`, type: 'TEXT', replyToId: null }
        const sent: Sent = { send, arrivedAtMs: model.nowMs }
        arrived.push(sent)
        lanes.send(send).then(
          (outcome) => {
            const messageId = 'message' in outcome ? { messageId: outcome.message.id } : {}
            sent.settled = { outcome: outcome.kind, ...messageId, atMs: model.nowMs }
          },
          (error) => {
            sent.settled = { outcome: 'REFUSED', error, atMs: model.nowMs }
          },
        )
      }
      scheduler.scheduleSequence(all.map((burst) => async () => burst.forEach(arrive)))
      await scheduler.waitIdle()

      expect(model.mostStuckCalls).toBeLessThanOrEqual(1)
      for (const sent of arrived) expectRightEnd(sent, model, arrived)
      for (const deal of DEALS) {
        const order = model.stored.filter(({ transactionKey }) => transactionKey === deal)
        const ids = order.map(({ messageId }) => Number(messageId))
        expect(ids).toEqual(ids.toSorted((one, other) => one - other))
      }

      // Nothing is left of what was waited for, after a while.
      model.nowMs += 1_000
      model.lockings.length = 0
      model.goOnWith(lockedOnce())
      arrive({ transactionKey: 'a', senderKey: 'bea', clientMessageId: null, content: 'afterwards' })
      await scheduler.waitIdle()
      expect(model.lockings).toEqual([
        { patienceMs: 0, awaited: [] },
        { patienceMs: 100, awaited: [] },
      ])
    }),
    { numRuns: 300 },
  )
})

test('with 5,000 waiting in a lane, or 20,000 altogether, further sends are refused at once', async () => {
  const store = { send: () => new Promise<never>(() => {}), findStored: () => Promise.resolve([]) }
  const lanes = new SendLanes({ store, bus, log: { error() {} }, maxStuckCalls: 1 })
  let refused = 0
  /** The answer is how many of these are refused. */
  const flood = async (count: number, dealOf: (nth: number) => string) => {
    const before = refused
    for (let nth = 1; nth <= count; nth += 1) {
      const transactionKey = dealOf(nth)
      const messageId = `${nth}`
      const send = { messageId, transactionKey, senderKey: 'bea', content: 'this', clientMessageId: null } as const
      lanes.send({ ...send, type: 'TEXT', replyToId: null }).catch((error) => {
        expect(error).toBeInstanceOf(ServiceUnavailableError)
        refused += 1
      })
    }
    await setImmediate()
    return refused - before
  }
  expect(await flood(5_003, () => 'a')).toBe(3)
  // A batch is under way: so many have room in its place.
  expect(await flood(503, () => 'a')).toBe(3)
  let waiting = 5_500
  for (let more = 1; more > 0; waiting += more) more = 2_000 - (await flood(2_000, (nth) => `other ${nth}`))
  expect(waiting).toBe(20_000)
})

function expectRightEnd({ send, settled }: Sent, model: SendStoreModel, arrived: readonly Sent[]): void {
  const stored = model.find(send)
  const isStranger = send.senderKey === STRANGER
  switch (settled?.outcome) {
    case 'SENT':
    case 'DUPLICATE':
      expect(stored).toMatchObject({ messageId: settled.messageId, content: send.content })
      expect(isStranger).toBe(false)
      return
    case 'CONFLICT':
      expect(stored?.content).not.toBe(send.content)
      expect(stored).toBeDefined()
      return
    case 'NOT_FOUND':
      expect(isStranger).toBe(true)
      return
    case 'REFUSED': {
      // It may have waited with one that was the same, and came to that one's end.
      const same = arrived.filter((other) => keyOf(other.send) === keyOf(send))
      const excuses = new Set(same.flatMap((other) => [...(model.excuses.get(other.send.messageId) ?? [])]))
      if (settled.error instanceof BatchRejectedError) expect(excuses).toContain('rejected alone')
      else if (settled.error instanceof BrokenError) expect([...excuses].join()).toContain('broken')
      else {
        expect(settled.error).toBeInstanceOf(ServiceUnavailableError)
        const isLate = same.some((other) => settled.atMs - other.arrivedAtMs > 2_000)
        expect(isLate || /lost|locked/.test([...excuses].join())).toBe(true)
      }
      // Only where the answer was lost is there a doubt.
      const own = model.stored.some(({ messageId }) => messageId === send.messageId)
      if (own) expect([...excuses].join()).toContain('lost after the commit')
      return
    }
    default:
      expect.fail(`Send ${send.messageId} is forgotten`)
  }
}
