import type { Client } from 'graphql-ws'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { TimelineStore } from '../../src/chat/timeline/timeline-store.js'
import { MemoryEventBus } from '../../src/platform/memory-event-bus.js'
import type { Caller, Deal, Person } from '../testkit/seed.js'
import { startTestService, type TestService } from '../testkit/service.js'
import { GONE } from '../testkit/timeline-documents.js'
import { connect } from '../testkit/websocket-client.js'
import { type Followed, followInEveryWay, positionsOf, said, type Way } from './following.js'

// Whoever is removed while they are behind gets what came before, as it was then: what their departure made possible is
// not for them. The clock of intervals is the test's, so that nothing heals before its time.

let testService: TestService
let bea: Person
let sam: Person
let client: Client | undefined

beforeAll(async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  testService = await startTestService()
  bea = await testService.seed.person('bea')
  sam = await testService.seed.person('sam')
})
afterEach(async () => {
  vi.restoreAllMocks()
  await client?.dispose()
})
afterAll(async () => {
  await testService.close()
  vi.useRealTimers()
})

/** Follows in every way, from where the deal was registered. */
function follow(reader: Caller, deal: Deal): Followed {
  client = connect(testService.webSocketUrl, reader.token)
  return followInEveryWay(client, deal, 3)
}

/** Positions 4 and 5. */
async function begin(deal: Deal): Promise<void> {
  const first = await bea.say(deal, 'first')
  await testService.service.services.message.edit(bea.viewer, first.id, 'first, edited')
}

type Leave = (deal: Deal) => Promise<void>

/** Messages at 6 to 9, changes at 10 and 11, what Sam does then, and what becomes of the messages after that. */
async function goOn(deal: Deal, leave: Leave): Promise<void> {
  const { message } = testService.service.services
  await bea.say(deal, 'kept')
  const edited = await bea.say(deal, 'edited')
  const regretted = await bea.say(deal, 'regretted')
  const twice = await bea.say(deal, 'twice')
  await message.edit(bea.viewer, regretted.id, 'regretted, edited')
  await message.edit(bea.viewer, twice.id, 'twice, edited')
  await leave(deal)
  await message.edit(bea.viewer, edited.id, 'edited LATER')
  await message.delete(bea.viewer, regretted.id)
  await message.edit(bea.viewer, twice.id, 'twice, edited LATER')
  await message.edit(bea.viewer, twice.id, 'twice, edited LATER AGAIN')
}

/** A reader follows a deal, and all that happens at once for them: what was said, how Sam leaves, what comes after. */
const WAYS = {
  /** Between subscribing and the first reading. */
  'while catching up': async (reader: Caller, deal: Deal, leave: Leave): Promise<Followed> => {
    await begin(deal)
    const { read } = TimelineStore.prototype
    let happening: Promise<void> | undefined
    vi.spyOn(TimelineStore.prototype, 'read').mockImplementation(async function (this: TimelineStore, stretch) {
      happening ??= goOn(deal, leave)
      await happening
      return read.call(this, stretch)
    })
    return follow(reader, deal)
  },
  /** Without a doorbell, so that the node finds all of it when it asks. */
  'while listening': async (reader: Caller, deal: Deal, leave: Leave): Promise<Followed> => {
    const followed = follow(reader, deal)
    await begin(deal)
    const { messageAdded, messageChanged, timelineAdvanced } = followed.listeners
    await Promise.all([messageAdded, messageChanged, timelineAdvanced].map((listener) => listener.next()))
    const publish = vi.spyOn(MemoryEventBus.prototype, 'publish').mockImplementation(() => {})
    await goOn(deal, leave)
    publish.mockRestore()
    await vi.advanceTimersByTimeAsync(2_000)
    return followed
  },
}

/** What came of what happened at once, up to this position, from a subscription that goes on. */
async function saidUpTo(position: number, { deal, listeners }: Followed, name: Way): Promise<unknown[]> {
  const delivered: object[] = []
  do delivered.push(await listeners[name].next())
  while (positionsOf(deal, delivered.slice(-1))[0] !== position)
  return said(deal, delivered, 5)
}

async function saidUpToTheEnd({ deal, listeners }: Followed, name: Way): Promise<unknown[]> {
  expect(await listeners[name].ended).toEqual([GONE])
  return said(deal, await listeners[name].untilEnd(), 5)
}

const remove: Leave = (deal) => deal.seat({ buyer: bea })
const changeRole: Leave = (deal) => deal.seat({ buyer: bea, agent: sam })
const removeForAWhile: Leave = async (deal) => {
  await deal.seat({ buyer: bea })
  await deal.seat({ buyer: bea, seller: sam })
}

describe.each(Object.entries(WAYS))('%s', (way, happensTo) => {
  let deals = 0
  const register = () => {
    deals += 1
    const key = `${way.replaceAll(' ', '-')}-${deals}`
    return testService.seed.deal(key, { buyer: bea, seller: sam }, { partnerClientId: 'shop' })
  }

  test('who is removed gets messages as they were at the time, deleted ones as tombstones, and nothing later', async () => {
    const followed = await happensTo(sam, await register(), remove)
    expect(await saidUpToTheEnd(followed, 'messageAdded')).toEqual([
      ['kept', 6],
      ['edited', 7],
      [null, 14],
      ['twice', 9],
    ])
    expect(await saidUpToTheEnd(followed, 'messageChanged')).toEqual([
      [null, 14],
      ['twice, edited', 11],
    ])
    const timeline = ['kept', 'edited', null, 'twice', null, 'twice, edited']
    expect(await saidUpToTheEnd(followed, 'timelineAdvanced')).toEqual(timeline)
    expect(await saidUpToTheEnd(followed, 'transactionStatusChanged')).toEqual([])
  })

  test('who left and came back gets messages as they are now, and the end where they left', async () => {
    const followed = await happensTo(sam, await register(), removeForAWhile)
    expect(await saidUpToTheEnd(followed, 'messageAdded')).toEqual([
      ['kept', 6],
      ['edited LATER', 14],
      [null, 15],
      ['twice, edited LATER AGAIN', 17],
    ])
    expect(await saidUpToTheEnd(followed, 'messageChanged')).toHaveLength(2)
    expect(await saidUpToTheEnd(followed, 'timelineAdvanced')).toHaveLength(6)
    expect(await saidUpToTheEnd(followed, 'transactionStatusChanged')).toEqual([])
  })

  const asNow = (shift: number) => [
    ['edited LATER', 13 + shift],
    [null, 14 + shift],
    ['twice, edited LATER AGAIN', 16 + shift],
  ]

  test('a change of role ends nothing, and messages are as they are now', async () => {
    const followed = await happensTo(sam, await register(), changeRole)
    expect(await saidUpTo(9, followed, 'messageAdded')).toEqual([['kept', 6], ...asNow(1)])
    expect((await saidUpTo(17, followed, 'messageChanged')).at(-1)).toEqual(['twice, edited LATER AGAIN', 17])
    expect(await saidUpTo(17, followed, 'timelineAdvanced')).toHaveLength(12)
  })

  test.each<[string, () => Promise<Caller>]>([
    ['a partner', () => testService.seed.caller({ clientId: 'shop', scopes: ['history:read'] })],
    ['the platform', () => testService.seed.caller({ clientId: 'backend', scopes: ['platform'] })],
    ['who stays', async () => bea],
  ])('%s gets messages as they are now, and goes on', async (_who, reader) => {
    const followed = await happensTo(await reader(), await register(), remove)
    expect(await saidUpTo(9, followed, 'messageAdded')).toEqual([['kept', 6], ...asNow(0)])
    expect((await saidUpTo(16, followed, 'messageChanged')).at(-1)).toEqual(['twice, edited LATER AGAIN', 16])
    expect(await saidUpTo(16, followed, 'timelineAdvanced')).toHaveLength(11)
  })
})
