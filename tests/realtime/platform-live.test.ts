import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { UpsertTransactionInput } from '../generated/graphql.js'
import { CHANGE_STATUS, POST_SYSTEM_MESSAGE, UPSERT_TRANSACTION, UPSERT_USER } from '../testkit/platform-documents.js'
import type { Caller, Deal, Person } from '../testkit/seed.js'
import { startTestService, type TestNode, type TestService } from '../testkit/service.js'
import { FOLLOW_MESSAGES, FOLLOW_TIMELINE, GONE, timelineCursor } from '../testkit/timeline-documents.js'
import { connect, listen } from '../testkit/websocket-client.js'
import { listenToInbox, untilTold } from './inbox-documents.js'

// What the platform does over the API, its subscribers hear of at once, on every node and in one order.

let testService: TestService
let otherNode: TestNode
let platform: Caller
let bea: Person
let sam: Person
let deal: Deal

beforeAll(async () => {
  testService = await startTestService()
  otherNode = await testService.startAnotherNode()
  platform = await testService.seed.caller({ clientId: 'backend', scopes: ['platform'] })
  bea = await testService.seed.person('bea')
  sam = await testService.seed.person('sam')
})
beforeEach(async ({ task }) => {
  deal = await testService.seed.deal(task.id, { buyer: bea, seller: sam }) // positions 1 to 3
})
afterAll(async () => {
  await otherNode.close()
  await testService.close()
})

const BEA = { userId: 'usr_bea', role: 'BUYER' as const }
const SAM = { userId: 'usr_sam', role: 'SELLER' as const }

const upsert = (given: Partial<UpsertTransactionInput>) =>
  platform.get(UPSERT_TRANSACTION, { input: { key: deal.key, title: 'The deal', participants: [BEA, SAM], ...given } })
const changeStatus = (status: 'FUNDED' | 'SHIPPED', message?: string) =>
  platform.get(CHANGE_STATUS, { input: { transactionId: deal.id, status, ...(message && { message }) } })
const post = (content: string) =>
  platform.get(POST_SYSTEM_MESSAGE, { input: { transactionId: deal.id, content, clientMessageId: content } })

/** The timeline as somebody hears it, on a node. */
async function follow(person: Person, node: Pick<TestNode, 'webSocketUrl'> = testService) {
  const client = connect(node.webSocketUrl, person.token)
  const variables = { transactionId: deal.id, after: await timelineCursor(person, deal) }
  const listener = listen(client, FOLLOW_TIMELINE, variables)
  const take = async (count: number) =>
    (await listener.take(count)).map(({ timelineAdvanced }) => timelineAdvanced.node)
  return { take, ended: listener.ended, dispose: () => client.dispose() }
}

test('a change of status and what is said of it arrive in one order for everyone, also while people talk', async () => {
  const listeners = [await follow(bea), await follow(sam), await follow(sam, otherNode), await follow(bea, otherNode)]
  await Promise.all([
    changeStatus('FUNDED', 'The money is there.'),
    bea.say(deal, 'Hello'),
    post('Please note'),
    sam.say(deal, 'Hello Bea'),
  ])
  const [heard, ...others] = await Promise.all(listeners.map(({ take }) => take(5)))
  for (const other of others) expect(other).toEqual(heard)
  const at = heard?.findIndex((entry) => entry.__typename === 'StatusChanged') ?? -1
  expect(heard?.slice(at, at + 2)).toMatchObject([
    { __typename: 'StatusChanged', previousStatus: 'DRAFT', status: 'FUNDED', said: 'The money is there.' },
    { __typename: 'MessageSent', content: 'The money is there.' },
  ])
  expect(heard?.map(({ position }) => position)).toEqual([4, 5, 6, 7, 8])
  await Promise.all(listeners.map(({ dispose }) => dispose()))
})

test('what changes nothing is told to nobody', async () => {
  await changeStatus('FUNDED')
  await post('once')
  const listener = await follow(sam)
  await changeStatus('FUNDED', 'in vain')
  await post('once')
  await upsert({ status: 'CANCELLED' })
  await post('the next')
  expect(await listener.take(1)).toMatchObject([{ __typename: 'MessageSent', content: 'the next' }])
  await listener.dispose()
})

test('whoever is left out has left: they hear nothing later, and the others hear that they left', async () => {
  const ofBea = await follow(bea, otherNode)
  const client = connect(testService.webSocketUrl, sam.token)
  const after = await timelineCursor(sam, deal)
  const messages = listen(client, FOLLOW_MESSAGES, { transactionId: deal.id, after })
  const timeline = listen(client, FOLLOW_TIMELINE, { transactionId: deal.id, after })
  await post('for Sam')
  await upsert({ participants: [BEA] })
  await post('not for Sam')

  expect(await messages.ended).toEqual([GONE])
  expect(await timeline.ended).toEqual([GONE])
  const heard = [...(await messages.untilEnd()), ...(await timeline.untilEnd())]
  expect(JSON.stringify(heard)).not.toContain('not for Sam')
  expect(await ofBea.take(3)).toMatchObject([
    { __typename: 'MessageSent', content: 'for Sam' },
    { __typename: 'ParticipantLeft', user: { id: 'usr_sam' }, role: 'SELLER' },
    { __typename: 'MessageSent', content: 'not for Sam' },
  ])
  await client.dispose()
  await ofBea.dispose()
})

test('whoever comes back hears all of it again, from where they were', async () => {
  const after = await timelineCursor(sam, deal)
  await upsert({ participants: [BEA] })
  await post('while Sam was away')
  await upsert({})
  const client = connect(testService.webSocketUrl, sam.token)
  const listener = listen(client, FOLLOW_TIMELINE, { transactionId: deal.id, after })
  const missed = (await listener.take(3)).map(({ timelineAdvanced }) => timelineAdvanced.node)
  expect(missed).toMatchObject([
    { __typename: 'ParticipantLeft', user: { id: 'usr_sam' } },
    { __typename: 'MessageSent', content: 'while Sam was away' },
    { __typename: 'ParticipantJoined', user: { id: 'usr_sam' }, role: 'SELLER' },
  ])
  await bea.say(deal, 'Welcome back')
  expect((await listener.next()).timelineAdvanced.node).toMatchObject({ content: 'Welcome back' })
  await client.dispose()
})

test('a list of deals hears of a title, a status, what the platform says, that the deal goes and that it comes back', async () => {
  const client = connect(otherNode.webSocketUrl, sam.token)
  const inbox = await listenToInbox(client)
  const told = (isSo: Parameters<typeof untilTold>[2]) => untilTold(inbox, deal, isSo)
  await upsert({ title: 'A lamp' })
  await told((now) => now?.title === 'A lamp')
  await changeStatus('FUNDED')
  await told((now) => now?.status === 'FUNDED')
  await post('Please note')
  await told((now) => now?.viewerUnreadCount === 1 && now.lastMessage?.content === 'Please note')
  await upsert({ participants: [BEA] })
  await told((now) => now === null)
  await upsert({})
  await told((now) => now?.viewerUnreadCount === 0)
  await client.dispose()
})

test('whoever is suspended is sent away, and may come back when they are active again', async () => {
  const ana = await testService.seed.person('ana')
  const suspend = (status: 'ACTIVE' | 'SUSPENDED') =>
    platform.get(UPSERT_USER, { input: { key: ana.key, displayName: 'Ana', status } })
  const client = connect(otherNode.webSocketUrl, ana.token)
  const listener = listen(client, 'subscription { inboxChanged { transactionId } }', {})
  await listen(client, '{ viewer { id } }', {}).next()
  await suspend('SUSPENDED')
  expect(await listener.ended).toMatchObject({ code: 4403, reason: 'Suspended' })
  await suspend('ACTIVE')
  expect((await ana.ask('{ viewer { id } }', {})).status).toBe(200)
  await client.dispose()
})
