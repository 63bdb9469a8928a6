import type { Client } from 'graphql-ws'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { createLogger } from '../../src/log.js'
import { MemoryEventBus } from '../../src/platform/memory-event-bus.js'
import { type Deal, type Person, PLATFORM } from '../testkit/seed.js'
import { startTestService, type TestNode, type TestService } from '../testkit/service.js'
import { connect } from '../testkit/websocket-client.js'
import { type InboxListener, listenToInbox, nextOf, untilTold } from './inbox-documents.js'

// Two nodes on one database, and nothing else between them: what is done on the first, the second finds out by asking.

const logged: { msg: string }[] = []
const log = createLogger({ logLevel: 'info', logFormat: 'json' }, { write: (line) => logged.push(JSON.parse(line)) })

let first: TestService
let second: TestNode
let bea: Person
let sam: Person
let client: Client
let listener: InboxListener

beforeAll(async () => {
  first = await startTestService()
  second = await first.startAnotherNode(log)
  bea = await first.seed.person('bea')
})
afterEach(async () => {
  vi.restoreAllMocks()
  await client.dispose()
})
afterAll(async () => {
  await second.close()
  await first.close()
})

/** A new Sam, who has these deals and listens on a node. */
async function samListens(on: TestNode, ...keys: string[]): Promise<Deal[]> {
  sam = await first.seed.person(`sam-of-${keys[0]}`)
  const deals: Deal[] = []
  for (const key of keys) deals.push(await first.seed.deal(key, { buyer: bea, seller: sam }))
  client = connect(on.webSocketUrl, sam.token)
  listener = await listenToInbox(client)
  return deals
}

/** Everything that moves a list. It waits until it was told a few times, and not each time: that takes up to 2 s. */
async function everythingIsTold(deal: Deal): Promise<void> {
  const { message, receipt, transaction } = first.service.services
  const sent = await bea.say(deal, 'Helo')
  await untilTold(listener, deal, (now) => now?.viewerUnreadCount === 1)
  await message.edit(bea.viewer, sent.id, 'Hello')
  await untilTold(listener, deal, (now) => now?.lastMessage?.content === 'Hello')
  await receipt.markRead(sam.viewer, deal.key, sent.id)
  await untilTold(listener, deal, (now) => now?.viewerUnreadCount === 0)
  const participants = [bea, sam].map(({ key }) => ({ userKey: key, role: 'BUYER' as const }))
  await transaction.upsert(PLATFORM, { key: deal.key, title: 'Another title', status: 'DRAFT', participants })
  await transaction.upsert(PLATFORM, { key: deal.key, title: 'Only a title', status: 'DRAFT', participants })
  await untilTold(listener, deal, (now) => now?.title === 'Only a title')
  await deal.seat({ buyer: bea })
  await untilTold(listener, deal, (now) => now === null)
}

test('what moves, comes or goes on another node is told', async () => {
  const [deal] = await samListens(second, 'moves')
  if (!deal) throw new Error('There is no deal')
  await everythingIsTold(deal)
  const come = await first.seed.deal('comes', { buyer: bea, seller: sam })
  expect(await nextOf(listener)).toMatchObject({ transactionId: come.id, transaction: { messageCount: 0 } })
}, 40_000)

test('a node whose doorbell is lost tells what happens on it all the same', async () => {
  const [deal] = await samListens(first, 'unheard')
  if (!deal) throw new Error('There is no deal')
  const publish = vi.spyOn(MemoryEventBus.prototype, 'publish').mockImplementation(() => {})
  await everythingIsTold(deal)
  expect(publish).toHaveBeenCalled()
}, 40_000)

test('of many deals only those are told that moved', async () => {
  const deals = await samListens(second, 'm-1', 'm-2', 'm-3', 'm-4')
  const [, two, , four] = deals
  if (!two || !four) throw new Error('There are no deals')
  await bea.say(two, 'Hello')
  await bea.say(four, 'Hello')
  const told = [await nextOf(listener), await nextOf(listener)].map(({ transactionId }) => transactionId)
  expect(told.toSorted()).toEqual([two.id, four.id])
  await bea.say(two, 'Hello again')
  expect(await nextOf(listener)).toMatchObject({ transactionId: two.id, transaction: { messageCount: 2 } })
})

test('while the database is away the log says it once, and all is told when it is back', async () => {
  const [deal] = await samListens(second, 'away')
  if (!deal) throw new Error('There is no deal')
  const complaints = () => logged.filter(({ msg }) => msg === 'How the inboxes are cannot be read').length
  const before = complaints()
  await bea.say(deal, 'said before')
  await first.database.goAway()
  await vi.waitFor(() => expect(complaints()).toBe(before + 1), 10_000)
  await first.database.comeBack()
  await untilTold(listener, deal, (now) => now?.messageCount === 1)
  await bea.say(deal, 'said after')
  await untilTold(listener, deal, (now) => now?.messageCount === 2)
  expect(complaints()).toBe(before + 1)
})
