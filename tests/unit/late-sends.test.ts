import { setImmediate } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { BatchRejectedError, type MessageStore } from '../../src/chat/message/message-store.js'
import { SendLanes } from '../../src/chat/message/send-lanes.js'
import { ServiceUnavailableError } from '../../src/errors.js'
import { MemoryEventBus } from '../../src/platform/memory-event-bus.js'

/** Lanes over a store whose calls the test ends, and a clock that it sets. */
class SlowStore {
  nowMs = 0
  /** The contents of each call so far. */
  readonly calls: string[][] = []
  /** What became of each send that is settled. */
  readonly ends = new Map<string, unknown>()
  #end: (error: Error | null) => void = () => {}
  readonly #lanes: SendLanes

  constructor() {
    const send: MessageStore['send'] = (sends) =>
      new Promise((resolve, reject) => {
        this.calls.push(sends.map(({ content }) => content))
        this.#end = (error) => (error ? reject(error) : resolve(sends.map(() => ({ kind: 'NOT_FOUND' }))))
      })
    const store = { send, findStored: () => Promise.resolve([]) }
    const log = { error() {} }
    this.#lanes = new SendLanes({
      store,
      bus: new MemoryEventBus(() => {}),
      log,
      maxStuckCalls: 1,
      now: () => this.nowMs,
    })
  }

  async send(...contents: string[]): Promise<void> {
    for (const content of contents) {
      const send = { messageId: content, transactionKey: 'deal', senderKey: 'bea', content, clientMessageId: null }
      this.#lanes.send({ ...send, type: 'TEXT', replyToId: null }).then(
        ({ kind }) => this.ends.set(content, kind),
        (error) => this.ends.set(content, error),
      )
    }
    await setImmediate()
  }

  /** The call that is under way ends at this instant, answered or with an error. */
  async endCall(atMs: number, error: Error | null = null): Promise<void> {
    this.nowMs = atMs
    this.#end(error)
    await setImmediate()
  }
}

const UNAVAILABLE = expect.any(ServiceUnavailableError)

test('a send whose turn comes more than 2 s after it arrived is refused, and never given to the store', async () => {
  const slow = new SlowStore()
  await slow.send('first')
  await slow.send('late', 'late as well')
  slow.nowMs = 1
  await slow.send('in time')
  await slow.endCall(2_001)
  expect(slow.calls).toEqual([['first'], ['in time']])
  expect(slow.ends).toEqual(
    new Map<string, unknown>([
      ['first', 'NOT_FOUND'],
      ['late', UNAVAILABLE],
      ['late as well', UNAVAILABLE],
    ]),
  )
  await slow.endCall(9_000)
  expect(slow.ends.get('in time')).toBe('NOT_FOUND')
  expect(slow.calls).toHaveLength(2)
})

test('of a rejected batch that is sent one by one, what comes to its turn after 2 s is refused, and not given to the store again', async () => {
  const slow = new SlowStore()
  await slow.send('one', 'two', 'three', 'four')
  await slow.endCall(1_000, new BatchRejectedError('The batch was rejected'))
  await slow.endCall(2_000)
  await slow.endCall(2_001)
  expect(slow.calls).toEqual([['one', 'two', 'three', 'four'], ['one'], ['two']])
  expect(slow.ends).toEqual(
    new Map<string, unknown>([
      ['one', 'NOT_FOUND'],
      ['two', 'NOT_FOUND'],
      ['three', UNAVAILABLE],
      ['four', UNAVAILABLE],
    ]),
  )
})
