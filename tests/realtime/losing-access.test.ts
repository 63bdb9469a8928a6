import { isDeepStrictEqual } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createSchema } from '../../src/graphql/schema.js'
import { type Frame, RawSocket } from '../testkit/raw-socket.js'
import { type Deal, type Person, PLATFORM } from '../testkit/seed.js'
import { startTestService, type TestNode, type TestService } from '../testkit/service.js'

// Whoever loses access is told of nothing any more, by any subscription there is.

const subscriptions = Object.values(createSchema().getSubscriptionType()?.getFields() ?? {})

let testService: TestService
let otherNode: TestNode
let bea: Person
let idle: Person
let deals = 0

beforeAll(async () => {
  testService = await startTestService()
  otherNode = await testService.startAnotherNode()
  bea = await testService.seed.person('bea')
  idle = await testService.seed.person('idle')
})
afterAll(async () => {
  await otherNode.close()
  await testService.close()
})

/** Somebody who follows a deal in every way, over one socket. */
interface Follower {
  readonly socket: RawSocket
  /** The names of the subscriptions that have begun. */
  readonly begun: readonly string[]
}

function subscribeToAll(socket: RawSocket, deal: Deal): void {
  for (const { name, args } of subscriptions) {
    const ofDeal = args.some((argument) => argument.name === 'transactionId') ? `(transactionId: "${deal.id}")` : ''
    const selected = name === 'inboxChanged' ? 'transaction { id }' : '__typename'
    socket.subscribe(name, `subscription { ${name}${ofDeal} { ${selected} } }`)
  }
}

async function follow(token: string, deal: Deal, node: TestNode): Promise<Follower> {
  const socket = await RawSocket.connect(node.webSocketUrl, token)
  subscribeToAll(socket, deal)
  // What is asked after them is answered when they have begun, or were refused.
  socket.subscribe('begun', '{ viewer { id } }')
  const refused: (string | undefined)[] = []
  for (
    let frame = await socket.next();
    frame.id !== 'begun' || frame.type !== 'complete';
    frame = await socket.next()
  ) {
    if (frame.type === 'error') refused.push(frame.id)
  }
  return { socket, begun: subscriptions.map(({ name }) => name).filter((name) => !refused.includes(name)) }
}

/** Everything that a subscription can tell of happens once in a deal, by this node. */
async function happen(deal: Deal, { service, webSocketUrl }: TestNode): Promise<void> {
  const { message, receipt, typing, transaction } = service.services
  const { id } = await message.send(bea.viewer, { transactionKey: deal.key, content: 'said' })
  await message.edit(bea.viewer, id, 'edited')
  await receipt.markRead(bea.viewer, deal.key, id)
  for (const isTyping of [true, false]) await typing.set(bea.viewer, deal.key, isTyping)
  for (const status of ['FUNDED', 'DRAFT'] as const) {
    await transaction.changeStatus(PLATFORM, { transactionKey: deal.key, status })
  }
  const socket = await RawSocket.connect(webSocketUrl, idle.token)
  await socket.close()
}

/** Resolves when each of these subscriptions has delivered something. */
async function hearFromAll({ socket, begun }: Follower): Promise<void> {
  const silent = new Set(begun)
  while (silent.size > 0) {
    const { id = '', type, payload } = await socket.next()
    if (type !== 'next') throw new Error(`${id} ended: ${JSON.stringify(payload)}`)
    silent.delete(id)
  }
}

const GONE = { code: 'NOT_FOUND', field: 'transactionId' }

/**
 * Resolves when each of these subscriptions has ended with NOT_FOUND.
 *
 * @returns what the inbox was told meanwhile.
 */
async function untilEnded(socket: RawSocket, names: readonly string[]): Promise<Frame[]> {
  const open = new Set(names)
  const ofInbox: Frame[] = []
  while (open.size > 0) {
    const frame = await socket.next()
    if (frame.id === 'inboxChanged') ofInbox.push(frame)
    if (frame.type === 'next') continue
    expect(frame).toMatchObject({ type: 'error', payload: [{ extensions: GONE }] })
    open.delete(frame.id ?? '')
  }
  return ofInbox
}

async function register(): Promise<{ sam: Person; deal: Deal }> {
  deals += 1
  const sam = await testService.seed.person(`sam-${deals}`)
  const people = { buyer: bea, seller: [sam, idle] }
  return { sam, deal: await testService.seed.deal(`deal-${deals}`, people, { partnerClientId: 'shop' }) }
}

const LEFT = { data: { inboxChanged: { transaction: null } } }

describe.each([
  ['on the node where it happens', () => testService],
  ['on another node', () => otherNode],
])('%s', (_, nodeOf) => {
  test('who is removed is told once by the inbox that the deal is gone, and of nothing else', async () => {
    const node = nodeOf()
    const { sam, deal } = await register()
    const follower = await follow(sam.token, deal, node)
    expect(follower.begun).toHaveLength(subscriptions.length)
    await Promise.all([happen(deal, node), hearFromAll(follower)])

    await deal.seat({ buyer: bea, seller: idle })
    const { socket, begun } = follower
    const ofInbox = await untilEnded(
      socket,
      begun.filter((name) => name !== 'inboxChanged'),
    )
    await happen(deal, node)
    while (!ofInbox.some(({ payload }) => isDeepStrictEqual(payload, LEFT))) ofInbox.push(await socket.next())
    expect(await socket.untilPong()).toEqual([])
    expect(ofInbox.at(-1)?.payload).toEqual(LEFT)
    await socket.close()
  })

  test('a partner whose deal moves to another partner is told of nothing more', async () => {
    const node = nodeOf()
    const { deal } = await register()
    const token = await testService.seed.token({ clientId: 'shop', scopes: ['history:read'] })
    const { socket, begun } = await follow(token, deal, node)
    expect(begun).not.toEqual([])
    await Promise.all([happen(deal, node), hearFromAll({ socket, begun })])

    await deal.seat({ buyer: bea, seller: idle }, { partnerClientId: 'other' })
    await untilEnded(socket, begun)
    await happen(deal, node)
    expect(await socket.untilPong()).toEqual([])
    await socket.close()
  })

  test('who is suspended is told of nothing more', async () => {
    const node = nodeOf()
    const { sam, deal } = await register()
    const { socket } = await follow(sam.token, deal, node)
    const { user } = testService.service.services
    await user.upsert(PLATFORM, { key: sam.key, displayName: sam.key, status: 'SUSPENDED' })
    expect(await socket.closed).toEqual({ code: 4403, reason: 'Suspended' })
  })

  test('whose token expires is told of nothing more', async () => {
    const { sam, deal } = await register()
    const token = await testService.seed.token({ subject: sam.key, lifetimeSeconds: 2 })
    const socket = await RawSocket.connect(nodeOf().webSocketUrl, token)
    subscribeToAll(socket, deal)
    expect(await socket.closed).toEqual({ code: 4403, reason: 'Token expired' })
  })
})
