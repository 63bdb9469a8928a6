import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import type { EventBus } from '../../src/events/event-bus.js'
import type { TimelineAdvanced, Topics } from '../../src/events/topics.js'

/** A bus under test, with what it was told that listeners threw. */
export interface BusUnderTest {
  readonly bus: EventBus
  /** Where is published: the same bus, or that of another node. */
  readonly publisher: EventBus
  readonly listenerErrors: readonly unknown[]
  close(): Promise<void> | void
}

const at = (position: number): TimelineAdvanced => ({ position, entries: [] })

/** What every adapter of the event bus has to do. Published is at most once and at any time: only events are waited for. */
export function describeEventBus(name: string, open: () => Promise<BusUnderTest> | BusUnderTest): void {
  describe(name, () => {
    let bus: EventBus
    let publisher: EventBus
    let listenerErrors: readonly unknown[]
    beforeEach(async () => {
      const opened = await open()
      onTestFinished(() => opened.close())
      ;({ bus, publisher, listenerErrors } = opened)
    })

    /** Listens, and remembers what it heard. */
    async function listen(key: string) {
      const heard: TimelineAdvanced[] = []
      const unsubscribe = await bus.subscribe('timelineAdvanced', key, (event) => heard.push(event))
      const positions = () => heard.map(({ position }) => position)
      return {
        heard,
        positions,
        unsubscribe,
        hears: (list: number[]) => vi.waitFor(() => expect(positions()).toEqual(list)),
      }
    }

    /** Resolves when all that was published on this key before has gone through. */
    async function settle(key: string): Promise<void> {
      const last = await listen(key)
      publisher.publish('timelineAdvanced', key, at(999))
      await last.hears([999])
      last.unsubscribe()
    }

    async function brings<Kind extends keyof Topics>(kind: Kind, key: string, event: Topics[Kind]): Promise<void> {
      const heard: unknown[] = []
      const unsubscribe = await bus.subscribe(kind, key, (it) => heard.push(it))
      publisher.publish(kind, key, event)
      await vi.waitFor(() => expect(heard).toEqual([event]))
      unsubscribe()
    }

    test('tells everyone who listens, in the order of publishing where there is one publisher', async () => {
      const [one, other] = [await listen('deal'), await listen('deal')]
      for (const position of [1, 2, 3]) publisher.publish('timelineAdvanced', 'deal', at(position))
      await one.hears([1, 2, 3])
      await other.hears([1, 2, 3])
    })

    test('tells from the moment that subscribing resolves', async () => {
      for (let position = 1; position <= 20; position += 1) {
        const listener = await listen('deal')
        publisher.publish('timelineAdvanced', 'deal', at(position))
        await listener.hears([position])
        listener.unsubscribe()
      }
    })

    test('tells nobody of other keys, be they ever so alike', async () => {
      const others = [
        await listen('dea'),
        await listen('deal2'),
        await listen('deal:'),
        await listen('*'),
        await listen('DEAL'),
      ]
      const listener = await listen('deal')
      publisher.publish('timelineAdvanced', 'deal', at(1))
      await listener.hears([1])
      for (const key of ['dea', 'deal2', 'deal:', '*', 'DEAL']) await settle(key)
      expect(others.map(({ positions }) => positions())).toEqual([[999], [999], [999], [999], [999]])
    })

    test('tells nobody who has unsubscribed, also twice, and the others still', async () => {
      const [leaving, staying] = [await listen('deal'), await listen('deal')]
      leaving.unsubscribe()
      leaving.unsubscribe()
      publisher.publish('timelineAdvanced', 'deal', at(1))
      await staying.hears([1])
      expect(leaving.heard).toEqual([])
    })

    test('takes the same listener twice, and lets go of it once', async () => {
      const heard: number[] = []
      const listener = ({ position }: TimelineAdvanced) => heard.push(position)
      const unsubscribe = await bus.subscribe('timelineAdvanced', 'deal', listener)
      await bus.subscribe('timelineAdvanced', 'deal', listener)
      publisher.publish('timelineAdvanced', 'deal', at(1))
      await vi.waitFor(() => expect(heard).toEqual([1, 1]))
      unsubscribe()
      publisher.publish('timelineAdvanced', 'deal', at(2))
      await vi.waitFor(() => expect(heard).toEqual([1, 1, 2]))
    })

    test('can be listened to again after everyone has left', async () => {
      const first = await listen('deal')
      first.unsubscribe()
      const second = await listen('deal')
      first.unsubscribe()
      publisher.publish('timelineAdvanced', 'deal', at(1))
      await second.hears([1])
    })

    test('takes listeners and loses them while it tells', async () => {
      const late: number[] = []
      const leaving = await bus.subscribe('timelineAdvanced', 'deal', ({ position }) => {
        leaving()
        void bus.subscribe('timelineAdvanced', 'deal', (event) => late.push(position * 10 + event.position))
      })
      const staying = await listen('deal')
      publisher.publish('timelineAdvanced', 'deal', at(1))
      await staying.hears([1])
      await settle('deal')
      publisher.publish('timelineAdvanced', 'deal', at(2))
      await vi.waitFor(() => expect(late.at(-1)).toBe(12))
    })

    test('keeps going when a listener throws: the others hear, the publisher knows nothing, and it is reported', async () => {
      const failure = new Error('a listener that throws')
      await bus.subscribe('timelineAdvanced', 'deal', () => {
        throw failure
      })
      const other = await listen('deal')
      expect(() => publisher.publish('timelineAdvanced', 'deal', at(1))).not.toThrow()
      await other.hears([1])
      await vi.waitFor(() => expect(listenerErrors).toEqual([failure]))
    })

    test('has told who listens on its own node before publishing returns', async () => {
      const listener = await listen('deal')
      bus.publish('timelineAdvanced', 'deal', at(1))
      expect(listener.positions()).toEqual([1])
      bus.publish('timelineAdvanced', 'deal', at(2))
      await settle('deal')
      expect(listener.positions()).toEqual([1, 2, 999])
    })

    test('is connected', () => {
      expect(bus.isConnected).toBe(true)
    })

    test('brings each kind of event', async () => {
      const at = new Date('2026-03-01T12:00:00.123Z')
      const user = { key: 'bea', displayName: 'Bea', avatarUrl: null, status: 'ACTIVE' as const, lastSeenAt: at }
      const participant = {
        id: '01890a5d-ac96-774b-bcce-b302099a8057',
        transactionKey: 'deal',
        userKey: 'bea',
        role: 'BUYER' as const,
        joinedAt: at,
        leftAt: null,
        lastReadSequence: 0,
        lastReadAt: null,
        unreadFromSequence: 3,
        user,
      }
      await brings('typingChanged', 'deal', { user, expiresAt: at })
      await brings('typingChanged', 'deal', { user, expiresAt: null })
      await brings('messagesRead', 'deal', { participant })
      await brings('presenceChanged', 'bea', {})
      await brings('inboxChanged', 'bea', { transactionKey: 'deal' })
    })

    test('publishes to nobody without complaint', () => {
      expect(() => publisher.publish('timelineAdvanced', 'nobody', at(1))).not.toThrow()
    })

    test('brings an event as it was published, with its dates', async () => {
      const listener = await listen('deal')
      const occurredAt = new Date('2026-03-01T12:00:00.123Z')
      const entry = {
        transactionKey: 'deal',
        position: 7,
        kind: 'STATUS_CHANGED' as const,
        actorKey: null,
        messageId: null,
        userKey: null,
        data: { previousStatus: null, status: 'DRAFT', message: '☃ "quoted"\n' },
        occurredAt,
        message: null,
        actor: null,
        user: null,
      }
      const event = { position: 7, entries: [entry] }
      publisher.publish('timelineAdvanced', 'deal', event)
      await listener.hears([7])
      expect(listener.heard).toEqual([event])
    })
  })
}
