import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { type Loan, Loans } from '../../src/chat/loans.js'
import { OwnTypists } from '../../src/chat/typing/own-typists.js'
import type { TypingEvent, Typist } from '../../src/chat/typing/typing.js'
import { TypingWatch } from '../../src/chat/typing/typing-watch.js'
import type { LatestValues } from '../../src/events/latest-values.js'
import type { User } from '../../src/generated/prisma/client.js'
import { MemoryEventBus } from '../../src/platform/memory-event-bus.js'

const person = (key: string): User => ({ key, displayName: key, avatarUrl: null, status: 'ACTIVE', lastSeenAt: null })
const [bea, sam] = [person('bea'), person('sam')]
const inMs = (milliseconds: number) => new Date(Date.now() + milliseconds)

let bus: MemoryEventBus
let typists: Typist[]
/** What happens while it is read who is typing. */
let whileReading: () => void
let watches: Loans<TypingWatch>

beforeEach(() => {
  vi.useFakeTimers()
  bus = new MemoryEventBus((error) => {
    throw error
  })
  typists = []
  whileReading = () => {}
  const typing = {
    async typists() {
      const read = [...typists]
      whileReading()
      return [read]
    },
  }
  watches = new Loans({ start: (transactionKey) => TypingWatch.start(transactionKey, { bus, typing }) })
})
afterEach(() => {
  vi.useRealTimers()
})

const say = (user: User, expiresAt: Date | null) => bus.publish('typingChanged', 'deal', { user, expiresAt })

/** What a listener was told since it was last asked: who, and whether they type. */
async function told(values: LatestValues<string, TypingEvent>): Promise<[string, boolean][]> {
  const events: [string, boolean][] = []
  const END = person('the end')
  values.set(END.key, { user: END, isTyping: false, expiresAt: null })
  for (;;) {
    const event = await values.take()
    if (!event || event.user === END) return events
    events.push([event.user.key, event.isTyping])
  }
}

async function join(): Promise<Loan<TypingWatch> & { values: LatestValues<string, TypingEvent> }> {
  const loan = await watches.borrow('deal')
  return { ...loan, values: loan.thing.join() }
}

describe('whoever watches', () => {
  test('is told who begins, goes on and stops', async () => {
    const { values } = await join()
    say(bea, inMs(6_000))
    expect(await told(values)).toEqual([['bea', true]])
    vi.advanceTimersByTime(3_000)
    say(bea, inMs(6_000))
    expect(await told(values)).toEqual([['bea', true]])
    say(bea, null)
    expect(await told(values)).toEqual([['bea', false]])
  })

  test('is told once that somebody stopped, and never of somebody who did not type', async () => {
    const { values, thing: watch } = await join()
    say(sam, null)
    say(bea, inMs(6_000))
    say(bea, null)
    expect(await told(values)).toEqual([['bea', false]])
    say(bea, null)
    watch.putOut('bea')
    vi.advanceTimersByTime(6_000)
    expect(await told(values)).toEqual([])
  })

  test('is told when it runs out by itself, as late as it was said last', async () => {
    const { values } = await join()
    say(bea, inMs(6_000))
    vi.advanceTimersByTime(4_000)
    say(bea, inMs(6_000))
    await told(values)
    vi.advanceTimersByTime(5_999)
    expect(await told(values)).toEqual([])
    vi.advanceTimersByTime(1)
    expect(await told(values)).toEqual([['bea', false]])
  })

  test('is not told what comes too late, twice, or from before the last', async () => {
    const { values } = await join()
    say(bea, inMs(0))
    say(bea, inMs(-1_000))
    expect(await told(values)).toEqual([])
    const [earlier, later] = [inMs(5_000), inMs(6_000)]
    say(bea, later)
    await told(values)
    say(bea, later)
    say(bea, earlier)
    expect(await told(values)).toEqual([])
    vi.advanceTimersByTime(5_999)
    expect(await told(values)).toEqual([])
  })

  test('is not kept waiting by a node whose clock is ahead', async () => {
    const { values } = await join()
    say(bea, inMs(3_600_000))
    vi.advanceTimersByTime(6_000)
    expect(await told(values)).toEqual([['bea', false]])
  })

  test('is told of somebody who typed already only that they stop', async () => {
    typists = [
      { user: bea, expiresAt: inMs(3_000) },
      { user: sam, expiresAt: inMs(5_000) },
    ]
    const { values } = await join()
    expect(await told(values)).toEqual([])
    vi.advanceTimersByTime(3_000)
    expect(await told(values)).toEqual([['bea', false]])
    say(sam, null)
    expect(await told(values)).toEqual([['sam', false]])
  })

  test('is not told of what was read when the bus knew better meanwhile', async () => {
    typists = [
      { user: bea, expiresAt: inMs(3_000) },
      { user: sam, expiresAt: inMs(3_000) },
    ]
    whileReading = () => {
      say(bea, null)
      say(sam, inMs(6_000))
    }
    const { values } = await join()
    vi.advanceTimersByTime(3_000)
    expect(await told(values)).toEqual([])
    vi.advanceTimersByTime(3_000)
    expect(await told(values)).toEqual([['sam', false]])
  })

  test('shares what is known with all who watch, and leaves nothing behind', async () => {
    const [one, other] = [await join(), await join()]
    expect(one.thing).toBe(other.thing)
    say(bea, inMs(6_000))
    expect(await told(one.values)).toEqual([['bea', true]])
    expect(await told(other.values)).toEqual([['bea', true]])
    expect(vi.getTimerCount()).toBe(1)
    one.release()
    one.release()
    expect(watches.size).toBe(1)
    other.release()
    expect(watches.size).toBe(0)
    expect(vi.getTimerCount()).toBe(0)
    say(bea, inMs(6_000))
    expect(vi.getTimerCount()).toBe(0)
  })

  test('is refused when it cannot be read who is typing, and leaves nothing behind', async () => {
    whileReading = () => {
      throw new RangeError('The database is away')
    }
    await expect(Promise.all([watches.borrow('deal'), watches.borrow('deal')])).rejects.toThrow('away')
    await expect(watches.borrow('deal')).rejects.toThrow('away')
    expect(watches.size).toBe(0)
    say(bea, inMs(6_000))
    expect(vi.getTimerCount()).toBe(0)
    whileReading = () => {}
    expect(await told((await join()).values)).toEqual([])
  })
})

describe('who said here that they type', () => {
  test('is known until they stop or it runs out', () => {
    const own = new OwnTypists()
    own.add({ user: bea, transactionKey: 'one', expiresAt: inMs(6_000) })
    own.add({ user: bea, transactionKey: 'two', expiresAt: inMs(6_000) })
    own.add({ user: sam, transactionKey: 'one', expiresAt: inMs(6_000) })
    expect(own.remove('one', 'sam')).toBe(true)
    expect(own.remove('one', 'sam')).toBe(false)
    expect(own.removeAll('bea').map(({ transactionKey }) => transactionKey)).toEqual(['one', 'two'])
    expect(own.removeAll('bea')).toEqual([])
    own.add({ user: sam, transactionKey: 'one', expiresAt: inMs(6_000) })
    vi.advanceTimersByTime(6_000)
    expect(own.remove('one', 'sam')).toBe(false)
  })

  test('is forgotten when it has run out, however many there were', () => {
    const own = new OwnTypists()
    for (let nth = 0; nth < 100; nth += 1) {
      own.add({ user: bea, transactionKey: `deal-${nth}`, expiresAt: inMs(6_000) })
    }
    vi.advanceTimersByTime(3_000)
    own.add({ user: bea, transactionKey: 'deal-0', expiresAt: inMs(6_000) })
    vi.advanceTimersByTime(3_000)
    own.add({ user: sam, transactionKey: 'deal-1', expiresAt: inMs(6_000) })
    expect(own.size).toBe(2)
  })
})
