import { expect } from 'vitest'
import { RawSocket } from '../testkit/raw-socket.js'
import type { RootRow } from './expected.js'
import type { World } from './world.js'

/** A subscription, and what happens in the deal that it tells of. */
export interface Happening {
  readonly ask: string
  readonly happen: (world: World) => Promise<unknown>
  /** The data that somebody is told who sees it. */
  readonly seen: () => unknown
  /** What happens elsewhere, and is told to whoever sees nothing of the deal. */
  readonly elsewhere?: { readonly happen: (world: World) => Promise<unknown>; readonly seen: unknown }
}

type SubscriptionRow = Extract<RootRow, `Subscription.${string}`>

export function isSubscription(row: RootRow): row is SubscriptionRow {
  return row.startsWith('Subscription.')
}

const IN_DEAL = '(transactionId: "txn_deal")'
const DEAL = { id: 'txn_deal' }
const SELLER = { id: 'usr_seller' }

export const HAPPENINGS: Readonly<Record<SubscriptionRow, Happening>> = {
  'Subscription.messageAdded': {
    ask: `subscription { messageAdded${IN_DEAL} { node { content transaction { id } } } }`,
    happen: say,
    seen: () => ({ messageAdded: { node: { content: 'Hello', transaction: DEAL } } }),
  },
  'Subscription.messageChanged': {
    ask: `subscription { messageChanged${IN_DEAL} { message { editedAt transaction { id } } } }`,
    happen: edit,
    seen: () => ({ messageChanged: { message: { editedAt: expect.any(String), transaction: DEAL } } }),
  },
  'Subscription.transactionStatusChanged': {
    ask: `subscription { transactionStatusChanged${IN_DEAL} { entry { transaction { id } } } }`,
    happen: changeStatus,
    seen: () => ({ transactionStatusChanged: { entry: { transaction: DEAL } } }),
  },
  'Subscription.timelineAdvanced': {
    ask: `subscription { timelineAdvanced${IN_DEAL} { node { __typename actor { id } } } }`,
    happen: say,
    seen: () => ({ timelineAdvanced: { node: { __typename: 'MessageSent', actor: SELLER } } }),
  },
  'Subscription.typingChanged': {
    ask: `subscription { typingChanged${IN_DEAL} { isTyping user { id } } }`,
    happen: type,
    seen: () => ({ typingChanged: { isTyping: expect.any(Boolean), user: SELLER } }),
  },
  'Subscription.messagesRead': {
    ask: `subscription { messagesRead${IN_DEAL} { user { id } transaction { id } } }`,
    happen: readOn,
    seen: () => ({ messagesRead: { user: SELLER, transaction: DEAL } }),
  },
  'Subscription.presenceChanged': {
    ask: `subscription { presenceChanged${IN_DEAL} { id isOnline } }`,
    happen: async (world) => {
      const { idle, testService } = world
      const socket = await RawSocket.connect(testService.webSocketUrl, idle.token)
      await socket.close()
    },
    seen: () => ({ presenceChanged: { id: 'usr_idle', isOnline: expect.any(Boolean) } }),
  },
  'Subscription.inboxChanged': {
    ask: 'subscription { inboxChanged { transactionId transaction { id } } }',
    happen: say,
    seen: () => ({ inboxChanged: { transactionId: 'txn_deal', transaction: DEAL } }),
    elsewhere: {
      happen: ({ people, elsewhere }) => people.OUTSIDER.say(elsewhere, 'Elsewhere'),
      seen: { inboxChanged: { transactionId: 'txn_own', transaction: { id: 'txn_own' } } },
    },
  },
}

function say({ people, deal }: World) {
  return people.SELLER.say(deal, 'Hello')
}

async function edit(world: World) {
  const { id } = await say(world)
  await world.testService.service.services.message.edit(world.people.SELLER.viewer, id, 'Hello again')
}

async function changeStatus({ deal }: World) {
  await deal.changeStatus('DISPUTED')
  await deal.changeStatus('FUNDED')
}

async function type({ people, deal, testService }: World) {
  const { typing } = testService.service.services
  for (const isTyping of [false, true]) await typing.set(people.SELLER.viewer, deal.key, isTyping)
}

async function readOn(world: World) {
  const { id } = await say(world)
  await world.testService.service.services.receipt.markRead(world.people.SELLER.viewer, world.deal.key, id)
}
