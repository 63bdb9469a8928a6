import type { Client } from 'graphql-ws'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { TimelineFollowers } from '../../src/chat/timeline/timeline-followers.js'
import { TimelineStore } from '../../src/chat/timeline/timeline-store.js'
import { MemoryEventBus } from '../../src/platform/memory-event-bus.js'
import type { Person } from '../testkit/seed.js'
import { startTestService, type TestNode, type TestService } from '../testkit/service.js'
import { countTo, GONE, SUBSCRIPTION_NAMES } from '../testkit/timeline-documents.js'
import { connect } from '../testkit/websocket-client.js'
import { type Followed, followInEveryWay, positionsOf } from './following.js'

// Two nodes on one database, and nothing else between them: what is done on the first, the second finds out by asking.
// How often it asks is in healing-ticks.test.ts.

let first: TestService
let second: TestNode
let bea: Person
let sam: Person
let clients: Record<'onFirst' | 'onSecond', Client>
let deals = 0

beforeAll(async () => {
  first = await startTestService()
  second = await first.startAnotherNode()
  bea = await first.seed.person('bea')
  sam = await first.seed.person('sam')
  clients = { onFirst: connect(first.webSocketUrl, sam.token), onSecond: connect(second.webSocketUrl, sam.token) }
})
afterEach(() => vi.restoreAllMocks())
afterAll(async () => {
  await Promise.all(Object.values(clients).map((client) => client.dispose()))
  await second.close()
  await first.close()
})

/** Deals that Sam follows in every way. When they are there, so are their followers. */
async function samFollows(where: keyof typeof clients, count: number, position: number): Promise<Followed[]> {
  const borrow = vi.spyOn(TimelineFollowers.prototype, 'borrow')
  const followed = await Promise.all(
    Array.from({ length: count }, async () => {
      deals += 1
      const deal = await first.seed.deal(`healing-${deals}`, { buyer: bea, seller: sam })
      return followInEveryWay(clients[where], deal, position)
    }),
  )
  await vi.waitFor(() => expect(borrow).toHaveResolvedTimes(count * SUBSCRIPTION_NAMES.length), 10_000)
  return followed
}

/** Everything that can happen to a deal that was just registered, at the positions 4 to 15. Sam leaves it at 13. */
async function doEverything({ deal }: Followed): Promise<void> {
  const { message } = first.service.services
  const kept = await bea.say(deal, 'kept')
  const regretted = await bea.say(deal, 'regretted')
  await message.edit(bea.viewer, kept.id, 'kept and edited')
  await message.delete(bea.viewer, regretted.id)
  await deal.changeStatus('FUNDED', 'The money is there.')
  await deal.seat({ buyer: bea, agent: sam })
  await bea.say(deal, 'Hello agent')
  await deal.seat({ buyer: bea })
  await bea.say(deal, 'not for Sam')
  await message.edit(bea.viewer, kept.id, 'not for Sam either')
}

const FOR_SAM = {
  messageAdded: [4, 5, 9, 12],
  messageChanged: [6, 7],
  transactionStatusChanged: [8],
  timelineAdvanced: countTo(12, 4),
}

async function samHears({ deal, listeners }: Followed, expected: Readonly<Record<string, number[]>>): Promise<void> {
  for (const name of SUBSCRIPTION_NAMES) {
    const heard = positionsOf(deal, await listeners[name].untilEnd())
    expect({ [name]: heard, end: await listeners[name].ended }).toEqual({ [name]: expected[name], end: [GONE] })
  }
}

test('what happens on another node arrives in order and once, up to the departure of who listens', async () => {
  const followed = await samFollows('onSecond', 3, 3)
  await Promise.all(followed.map(doEverything))
  for (const each of followed) await samHears(each, FOR_SAM)
})

test('what happens on another node while somebody catches up arrives after it, in order and once', async () => {
  let letGo = () => {}
  const released = new Promise<void>((resolve) => {
    letGo = resolve
  })
  const { read } = TimelineStore.prototype
  const reads = vi.spyOn(TimelineStore.prototype, 'read').mockImplementation(async function (
    this: TimelineStore,
    stretch,
  ) {
    const reading = await read.call(this, stretch)
    // Only who catches up reads for somebody.
    if (stretch.readerKey) await released
    return reading
  })
  const [followed] = await samFollows('onSecond', 1, 2)
  if (!followed) throw new Error('Nothing is followed')
  await vi.waitFor(() => expect(reads).toHaveBeenCalledTimes(SUBSCRIPTION_NAMES.length))
  await doEverything(followed)
  // The node has heard of something meanwhile, and read it.
  await vi.waitFor(() => expect(reads).toHaveResolved(), 10_000)
  letGo()
  await samHears(followed, { ...FOR_SAM, timelineAdvanced: countTo(12, 3) })
})

test('a node whose doorbell is lost delivers what happens on it all the same', async () => {
  const followed = await samFollows('onFirst', 2, 3)
  const publish = vi.spyOn(MemoryEventBus.prototype, 'publish').mockImplementation(() => {})
  await Promise.all(followed.map(doEverything))
  for (const each of followed) await samHears(each, FOR_SAM)
  expect(publish).toHaveBeenCalled()
})

test('a node whose doorbell rings only now and then goes on in order, and passes nothing over', async () => {
  const [followed] = await samFollows('onFirst', 1, 3)
  if (!followed) throw new Error('Nothing is followed')
  const { publish } = MemoryEventBus.prototype
  let rings = 0
  vi.spyOn(MemoryEventBus.prototype, 'publish').mockImplementation(function (this: MemoryEventBus, ...ring) {
    rings += 1
    if (rings % 3 === 0) publish.apply(this, ring)
  })
  await doEverything(followed)
  await samHears(followed, FOR_SAM)
})
