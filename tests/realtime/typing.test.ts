import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { TypingService } from '../../src/chat/typing/typing-service.js'
import { TypingStore } from '../../src/chat/typing/typing-store.js'
import { TypingWatch } from '../../src/chat/typing/typing-watch.js'
import { graphql } from '../generated/gql.js'
import { watchFollowers } from '../testkit/followers.js'
import { refusalOf } from '../testkit/http-client.js'
import { RawSocket } from '../testkit/raw-socket.js'
import type { Caller, Deal, Person } from '../testkit/seed.js'
import { startTestService, type TestService } from '../testkit/service.js'
import { GONE } from '../testkit/timeline-documents.js'
import { connect, type Listener, listen } from '../testkit/websocket-client.js'
import { SEND, SET_TYPING } from '../testkit/writing.js'
import { watchBeginnings } from './begun.js'
import { FOLLOW_TYPING } from './signal-documents.js'

const TYPING_USERS = graphql(`
  query TypingUsers($transactionId: ID!) {
    transaction(id: $transactionId) {
      typingUsers {
        id
      }
    }
  }
`)

const stop = vi.spyOn(TypingWatch.prototype, 'stop')
const followers = watchFollowers()
const begun = watchBeginnings(TypingService.prototype)
let testService: TestService
let bea: Person
let sam: Person
let ana: Person
let deal: Deal

beforeAll(async () => {
  testService = await startTestService()
  bea = await testService.seed.person('bea', 'Bea')
  sam = await testService.seed.person('sam', 'Sam')
  ana = await testService.seed.person('ana', 'Ana')
})
beforeEach(async ({ task }) => {
  begun.forget()
  deal = await testService.seed.deal(task.id, { buyer: bea, seller: sam, agent: ana }, { partnerClientId: 'shop' })
})
afterAll(() => testService.close())

/** When it goes out by itself. */
async function setTyping(person: Person, isTyping: boolean): Promise<string | null> {
  const { setTyping: set } = await person.get(SET_TYPING, { input: { transactionId: deal.id, isTyping } })
  return set.expiresAt
}

async function typingUsers(caller: Caller): Promise<string[] | undefined> {
  const { transaction } = await caller.get(TYPING_USERS, { transactionId: deal.id })
  return transaction?.typingUsers.map(({ id }) => id)
}

interface Hearing {
  /** Who changed next, and whether they type. */
  next(): Promise<[string, boolean]>
  readonly listener: Listener<{ typingChanged: { user: { id: string }; isTyping: boolean; expiresAt: string | null } }>
  end(): Promise<void>
}

/** Somebody listens to the deal. */
async function hear(person: Person): Promise<Hearing> {
  begun.forget()
  const client = connect(testService.webSocketUrl, person.token)
  const listener = listen(client, FOLLOW_TYPING, { transactionId: deal.id })
  await begun.count(1)
  return {
    async next() {
      const { user, isTyping } = (await listener.next()).typingChanged
      return [user.id, isTyping]
    },
    listener,
    end: async () => client.dispose(),
  }
}

describe('whoever listens', () => {
  test('is told who begins to type and who stops, the typist too', async () => {
    const hearings = [await hear(sam), await hear(bea)]
    const user = { id: bea.id, displayName: 'Bea' }
    const expiresAt = await setTyping(bea, true)
    for (const { listener } of hearings) {
      expect((await listener.next()).typingChanged).toEqual({ user, isTyping: true, expiresAt })
    }
    await setTyping(bea, false)
    for (const { listener, end } of hearings) {
      expect((await listener.next()).typingChanged).toEqual({ user, isTyping: false, expiresAt: null })
      await end()
    }
  })

  test('is told of each person by themselves, and of no other deal', async () => {
    const other = await testService.seed.deal(`${deal.key}-other`, { buyer: bea, seller: sam })
    const hearing = await hear(sam)
    await bea.get(SET_TYPING, { input: { transactionId: other.id, isTyping: true } })
    await setTyping(ana, true)
    await setTyping(sam, true)
    expect([await hearing.next(), await hearing.next()]).toEqual([
      [ana.id, true],
      [sam.id, true],
    ])
    await setTyping(ana, false)
    expect(await hearing.next()).toEqual([ana.id, false])
    await hearing.end()
  })

  test('is told once that somebody stopped, and nothing when they say so again', async () => {
    const hearing = await hear(sam)
    await setTyping(bea, false)
    await setTyping(bea, true)
    expect(await hearing.next()).toEqual([bea.id, true])
    for (let nth = 0; nth < 3; nth += 1) await setTyping(bea, false)
    await setTyping(ana, true)
    expect([await hearing.next(), await hearing.next()]).toEqual([
      [bea.id, false],
      [ana.id, true],
    ])
    await hearing.end()
  })

  test('is told when it goes out by itself, 6 s after it was last set', async () => {
    const hearing = await hear(sam)
    const expiresAt = Date.parse((await setTyping(bea, true)) ?? '')
    expect(await hearing.next()).toEqual([bea.id, true])
    expect(await typingUsers(sam)).toEqual([bea.id])
    expect(await hearing.next()).toEqual([bea.id, false])
    // Timers are exact to a millisecond or so.
    expect(Date.now()).toBeGreaterThanOrEqual(expiresAt - 5)
    await vi.waitFor(async () => expect(await typingUsers(sam)).toEqual([]))
    await hearing.end()
  })

  test('is told that somebody goes on typing, with when it goes out now', async () => {
    const hearing = await hear(sam)
    const first = await setTyping(bea, true)
    let second = await setTyping(bea, true)
    // Whoever holds the leases may have a clock of its own.
    const laterMs = () => Date.parse(second ?? '') - Date.parse(first ?? '')
    expect(Math.abs(laterMs())).toBeLessThan(500)
    await vi.waitUntil(
      async () => {
        second = await setTyping(bea, true)
        return laterMs() > 500
      },
      { timeout: 5_000, interval: 50 },
    )
    expect(laterMs()).toBeGreaterThan(1_900)
    const told = (await hearing.listener.take(2)).map(({ typingChanged }) => typingChanged.expiresAt)
    expect(told).toEqual([first, second])
    await hearing.end()
  })

  test('is told that whoever sends has stopped; a message that nobody typed for tells nothing', async () => {
    const hearing = await hear(sam)
    await ana.say(deal, 'out of the blue')
    await setTyping(bea, true)
    expect(await hearing.next()).toEqual([bea.id, true])
    await bea.get(SEND, { input: { transactionId: deal.id, content: 'typed', clientMessageId: 'once' } })
    expect(await hearing.next()).toEqual([bea.id, false])
    expect(await typingUsers(sam)).toEqual([])

    await setTyping(bea, true)
    await bea.get(SEND, { input: { transactionId: deal.id, content: 'typed', clientMessageId: 'once' } })
    await bea.ask(SEND, { input: { transactionId: deal.id, content: '' } })
    await setTyping(ana, true)
    expect([await hearing.next(), await hearing.next()]).toEqual([
      [bea.id, true],
      [ana.id, true],
    ])
    expect(await typingUsers(sam)).toEqual([bea.id, ana.id])
    await hearing.end()
  })

  test('is told nothing of who typed before, until they stop', async () => {
    await setTyping(bea, true)
    const hearing = await hear(sam)
    await setTyping(ana, true)
    await setTyping(bea, false)
    expect([await hearing.next(), await hearing.next()]).toEqual([
      [ana.id, true],
      [bea.id, false],
    ])
    await hearing.end()
  })

  test('is told that somebody who is removed types no more; not so at a change of role', async () => {
    const hearing = await hear(sam)
    await setTyping(bea, true)
    await setTyping(ana, true)
    expect([await hearing.next(), await hearing.next()]).toEqual([
      [bea.id, true],
      [ana.id, true],
    ])
    await deal.seat({ seller: sam, arbiter: ana })
    expect(await hearing.next()).toEqual([bea.id, false])
    expect(await typingUsers(sam)).toEqual([ana.id])
    await setTyping(ana, false)
    expect(await hearing.next()).toEqual([ana.id, false])
    await hearing.end()
  })

  test('is told when all that a person types is put out at once', async () => {
    const other = await testService.seed.deal(`${deal.key}-other`, { buyer: bea, seller: sam })
    const hearing = await hear(sam)
    await setTyping(bea, true)
    await setTyping(ana, true)
    await bea.get(SET_TYPING, { input: { transactionId: other.id, isTyping: true } })
    expect([await hearing.next(), await hearing.next()]).toEqual([
      [bea.id, true],
      [ana.id, true],
    ])
    const { typing } = testService.service.services
    await typing.stopAll('bea')
    await typing.stopAll('bea')
    await setTyping(ana, false)
    expect([await hearing.next(), await hearing.next()]).toEqual([
      [bea.id, false],
      [ana.id, false],
    ])
    expect(await typing.typists([deal.key, other.key])).toEqual([[], []])
    await hearing.end()
  })
})

describe('whoever says that they type, and before that is done', () => {
  test.each([
    ['says that they stopped', () => setTyping(bea, false)],
    ['sends', () => bea.say(deal, 'typed fast')],
    ['is gone', () => testService.service.services.typing.stopAll('bea')],
  ])('%s, is not shown to type on', async (_, stop) => {
    const { expiryOf } = TypingStore.prototype
    let goOn = () => {}
    const mayGoOn = new Promise<void>((resolve) => {
      goOn = resolve
    })
    const asked = new Promise<void>((resolve) => {
      vi.spyOn(TypingStore.prototype, 'expiryOf').mockImplementationOnce(async function (this: TypingStore, ...place) {
        resolve()
        await mayGoOn
        return expiryOf.apply(this, place)
      })
    })
    const typing = setTyping(bea, true)
    await asked
    const stopping = stop()
    // Somebody who came later has been served: so was whoever stopped, were they not waiting.
    await setTyping(ana, true)
    await setTyping(ana, false)
    goOn()
    await Promise.all([typing, stopping])
    await vi.waitFor(async () => expect(await typingUsers(sam)).toEqual([]), { timeout: 2_000 })
  })
})

describe('the subscription', () => {
  test('ends where its viewer is removed, also by another node', async () => {
    const elsewhere = await testService.startAnotherNode()
    const client = connect(elsewhere.webSocketUrl, sam.token)
    const listener = listen(client, FOLLOW_TYPING, { transactionId: deal.id })
    await begun.count(1)
    await deal.seat({ buyer: bea })
    expect(await listener.ended).toEqual([GONE])
    await elsewhere.service.services.typing.set(bea.viewer, deal.key, true)
    expect(await listener.untilEnd()).toEqual([])
    await client.dispose()
    await elsewhere.close()
  })

  test.each(['close', 'terminate'] as const)('leaves nothing behind when its socket ends (%s)', async (end) => {
    const socket = await RawSocket.connect(testService.webSocketUrl, sam.token)
    socket.subscribe('1', 'subscription ($id: ID!) { typingChanged(transactionId: $id) { isTyping } }', { id: deal.id })
    await begun.count(1)
    expect(followers.size).toBe(1)
    stop.mockClear()
    await socket[end]()
    await vi.waitFor(() => expect(followers.size).toBe(0))
    await vi.waitFor(() => expect(stop).toHaveBeenCalledTimes(1))
  })
})

describe('who types', () => {
  test('is shown to everyone who sees the deal, in the order in which they joined, the viewer too', async () => {
    await setTyping(ana, true)
    await setTyping(bea, true)
    const partner = await testService.seed.caller({ clientId: 'shop', scopes: ['history:read'] })
    const platform = await testService.seed.caller({ scopes: ['platform'] })
    for (const caller of [bea, sam, partner, platform]) expect(await typingUsers(caller)).toEqual([bea.id, ana.id])
  })

  test('is shown of each deal in a list', async () => {
    const [one, other] = [
      await testService.seed.deal(`${deal.key}-one`, { buyer: bea, seller: ana }),
      await testService.seed.deal(`${deal.key}-other`, { buyer: bea, seller: ana }),
    ]
    const { typing } = testService.service.services
    await typing.set(bea.viewer, one.key, true)
    await typing.set(ana.viewer, other.key, true)
    expect(await typing.typists([deal.key, other.key, one.key])).toMatchObject([[], [{ key: 'ana' }], [{ key: 'bea' }]])
  })
})

test('nobody but participants types', async () => {
  const stranger = await testService.seed.person('stranger')
  const input = { transactionId: deal.id, isTyping: true }
  expect(refusalOf(await stranger.ask(SET_TYPING, { input }))).toEqual({ code: 'NOT_FOUND', field: 'transactionId' })
  const platform = await testService.seed.caller({ scopes: ['platform'] })
  expect(refusalOf(await platform.ask(SET_TYPING, { input }))).toEqual({ code: 'FORBIDDEN' })
  expect(await typingUsers(bea)).toEqual([])
})
