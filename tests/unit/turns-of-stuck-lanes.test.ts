import { setImmediate } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import type { Send } from '../../src/chat/message/message.js'
import { SendLanes } from '../../src/chat/message/send-lanes.js'
import type { Locking, SendAnswer } from '../../src/chat/message/send-statement.js'
import { MemoryEventBus } from '../../src/platform/memory-event-bus.js'

const PATIENCE_OF_THE_SECOND_LANE_MS = 100

/** As many deals that stay locked, with somebody who sends again and again to each, and one that is locked for a moment. */
function open({ lockedCount, ...parts }: { lockedCount: number; maxStuckCalls: number; lockTimeoutMs?: number }) {
  const { maxStuckCalls } = parts
  let nowMs = 0
  let isOver = false
  const patiences: number[] = []
  const store = {
    findStored: () => Promise.resolve([]),
    send: async (sends: readonly Send[], { patienceMs }: Locking): Promise<SendAnswer[]> => {
      const isTurn = patienceMs > 0 && patienceMs !== PATIENCE_OF_THE_SECOND_LANE_MS
      if (isTurn) {
        patiences.push(patienceMs)
        nowMs += patienceMs / maxStuckCalls
      }
      return sends.map(({ transactionKey }) => ({
        kind: isTurn && transactionKey === 'busy' ? 'NOT_FOUND' : 'LOCKED',
      }))
    },
  }
  const bus = new MemoryEventBus(() => {})
  const lanes = new SendLanes({ store, bus, log: { error() {} }, ...parts, now: () => nowMs })
  const send = (transactionKey: string) => {
    const parts = { messageId: transactionKey, transactionKey, senderKey: 'bea', content: 'Hello', replyToId: null }
    return lanes.send({ ...parts, type: 'TEXT', clientMessageId: null })
  }
  const sendInVain = async (transactionKey: string) => {
    while (!isOver) {
      await send(transactionKey).catch(() => {})
      await setImmediate()
    }
  }
  const inVain = Array.from({ length: lockedCount }, (_, nth) => sendInVain(`locked-${nth}`))
  onTestFinished(async () => {
    isOver = true
    await Promise.all(inVain)
  })
  return { patiences, sendToBusy: () => send('busy') }
}

test.each([
  { lockedCount: 12, maxStuckCalls: 1 },
  { lockedCount: 12, maxStuckCalls: 2 },
  { lockedCount: 30, maxStuckCalls: 2 },
])(
  'while $lockedCount deals stay locked, what is sent to another gets its turn before it is too late: $maxStuckCalls at a time',
  async (deals) => {
    const { sendToBusy } = open(deals)
    for (let nth = 0; nth < 10; nth += 1) expect(await sendToBusy()).toEqual({ kind: 'NOT_FOUND' })
  },
)

test('with a turn for each, a deal that stays locked is waited for with all patience', async () => {
  const { sendToBusy, patiences } = open({ lockedCount: 1, maxStuckCalls: 2 })
  for (let nth = 0; nth < 10; nth += 1) await sendToBusy()
  expect(new Set(patiences)).toEqual(new Set([500]))
})

test('no deal is waited for longer than a lock may be waited for', async () => {
  const { sendToBusy, patiences } = open({ lockedCount: 1, maxStuckCalls: 2, lockTimeoutMs: 150 })
  for (let nth = 0; nth < 10; nth += 1) await sendToBusy()
  expect(new Set(patiences)).toEqual(new Set([150]))
})
