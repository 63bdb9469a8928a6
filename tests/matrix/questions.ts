import { expect } from 'vitest'
import type { RootRow } from './expected.js'
import { isPerson, PEOPLE, type ViewerKind } from './viewer-kinds.js'
import type { World } from './world.js'

/** What is asked for a row of the table, and what the answer is to whoever gets one. */
export interface Question {
  readonly ask: (world: World, kind: ViewerKind) => string
  /** The data that somebody gets who sees it, or does it. */
  readonly seen: (world: World, kind: ViewerKind) => unknown
  /** The data that somebody gets who sees nothing of the deal. */
  readonly nothing?: unknown
}

type QueryOrMutation = Exclude<RootRow, `Subscription.${string}`>

const DEAL = { id: 'txn_deal' }
/** The one deal of everybody who sees nothing of this one. */
const ELSEWHERE = { id: 'txn_own' }

/** A message in the deal that whoever asks sent themselves; of those who sent none, somebody else's. */
const ownMessage = ({ own, newest }: World, kind: ViewerKind, use: 'toEdit' | 'toDelete') =>
  `msg_${own[kind]?.[use] ?? newest.id}`
/** A message in the deal that somebody else sent. */
const othersMessage = ({ own, newest }: World, kind: ViewerKind) =>
  `msg_${(kind === 'SELLER' ? own.BUYER?.toEdit : null) ?? newest.id}`

export const QUESTIONS: Readonly<Record<QueryOrMutation, Question>> = {
  'Query.viewer': {
    ask: () => '{ viewer { id kind clientId scopes tokenExpiresAt unreadCount user { id } } }',
    seen: (_world, kind) => ({ viewer: viewerOf(kind) }),
  },
  'Query.transaction': {
    ask: () => '{ transaction(id: "txn_deal") { id } }',
    seen: () => ({ transaction: DEAL }),
    nothing: { transaction: null },
  },
  'Query.transactions': {
    ask: () => '{ transactions { nodes { id } } }',
    seen: (_world, kind) => ({
      transactions: { nodes: kind === 'PLATFORM' ? expect.arrayContaining([DEAL, ELSEWHERE]) : [DEAL] },
    }),
    nothing: { transactions: { nodes: [ELSEWHERE] } },
  },
  'Query.message': {
    ask: ({ newest }) => `{ message(id: "msg_${newest.id}") { content } }`,
    seen: () => ({ message: { content: 'newest' } }),
    nothing: { message: null },
  },
  'Query.messages': {
    ask: () => '{ messages(transactionId: "txn_deal", first: 1) { nodes { sequence } } }',
    seen: () => ({ messages: { nodes: [{ sequence: 1 }] } }),
  },
  'Query.unreadCount of the deal': {
    ask: () => '{ unreadCount(transactionId: "txn_deal") }',
    seen: (_world, kind) => ({ unreadCount: isPerson(kind) ? expect.any(Number) : 0 }),
  },
  'Query.unreadCount of all': {
    ask: () => '{ unreadCount }',
    seen: (_world, kind) => ({ unreadCount: isPerson(kind) ? expect.any(Number) : 0 }),
  },

  'Mutation.sendMessage': {
    ask: () =>
      'mutation { sendMessage(input: { transactionId: "txn_deal", content: "Hello" }) { message { sender { id } } } }',
    seen: (_world, kind) => ({ sendMessage: { message: { sender: { id: personId(kind) } } } }),
  },
  'Mutation.sendMessage without a word': {
    ask: () => 'mutation { sendMessage(input: { transactionId: "txn_deal", content: "" }) { message { id } } }',
    seen: () => null,
  },
  'Mutation.editMessage of their own': editing((world, kind) => ownMessage(world, kind, 'toEdit')),
  "Mutation.editMessage of somebody else's": editing(othersMessage),
  'Mutation.editMessage to nothing': {
    ask: (world, kind) =>
      `mutation { editMessage(input: { messageId: "${ownMessage(world, kind, 'toEdit')}", content: "" }) { message { id } } }`,
    seen: () => null,
  },
  'Mutation.deleteMessage of their own': deleting((world, kind) => ownMessage(world, kind, 'toDelete')),
  "Mutation.deleteMessage of somebody else's": deleting(othersMessage),
  'Mutation.markRead': {
    ask: ({ newest }) =>
      `mutation { markRead(input: { transactionId: "txn_deal", upToMessageId: "msg_${newest.id}" }) { transaction { id } participant { id } viewer { user { id } } } }`,
    seen: ({ seats }, kind) => ({
      markRead: {
        transaction: DEAL,
        participant: { id: isPerson(kind) && seats[PEOPLE[kind]] },
        viewer: { user: { id: personId(kind) } },
      },
    }),
  },
  'Mutation.setTyping': {
    // Whoever may puts it out: nothing of it is told later. Of everyone else it would show that they type.
    ask: ({ own }, kind) =>
      `mutation { setTyping(input: { transactionId: "txn_deal", isTyping: ${!(kind in own) || kind === 'FORMER'} }) { expiresAt } }`,
    seen: () => ({ setTyping: { expiresAt: null } }),
  },

  'Mutation.upsertUser': {
    ask: () =>
      'mutation { upsertUser(input: { key: "suspended", displayName: "suspended", status: SUSPENDED }) { user { id } } }',
    seen: () => ({ upsertUser: { user: { id: 'usr_suspended' } } }),
  },
  'Mutation.upsertTransaction': {
    ask: ({ seating }) => {
      const participants = seating.map(({ userId, role }) => `{ userId: "${userId}", role: ${role} }`)
      return `mutation { upsertTransaction(input: { key: "deal", title: "Another title", participants: [${participants}] }) { transaction { id } } }`
    },
    seen: () => ({ upsertTransaction: { transaction: DEAL } }),
  },
  'Mutation.postSystemMessage': {
    ask: () =>
      'mutation { postSystemMessage(input: { transactionId: "txn_deal", content: "Hear" }) { message { type sender { id } } } }',
    seen: () => ({ postSystemMessage: { message: { type: 'SYSTEM', sender: null } } }),
  },
  'Mutation.changeTransactionStatus': {
    ask: () =>
      'mutation { changeTransactionStatus(input: { transactionId: "txn_deal", status: SHIPPED }) { transaction { status } } }',
    seen: () => ({ changeTransactionStatus: { transaction: { status: 'SHIPPED' } } }),
  },
}

function editing(which: (world: World, kind: ViewerKind) => string): Question {
  return {
    ask: (world, kind) =>
      `mutation { editMessage(input: { messageId: "${which(world, kind)}", content: "edited" }) { message { id content } } }`,
    seen: (world, kind) => ({ editMessage: { message: { id: which(world, kind), content: 'edited' } } }),
  }
}

function deleting(which: (world: World, kind: ViewerKind) => string): Question {
  return {
    ask: (world, kind) =>
      `mutation { deleteMessage(input: { messageId: "${which(world, kind)}" }) { message { id content } } }`,
    seen: (world, kind) => ({ deleteMessage: { message: { id: which(world, kind), content: null } } }),
  }
}

function personId(kind: ViewerKind): string | null {
  return isPerson(kind) ? `usr_${PEOPLE[kind]}` : null
}

const CLIENTS: Readonly<Partial<Record<ViewerKind, object>>> = {
  PARTNER: { id: 'client_shop', kind: 'PARTNER', clientId: 'shop', scopes: ['history:read'] },
  OTHER_PARTNER: { id: 'client_other', kind: 'PARTNER', clientId: 'other', scopes: ['history:read'] },
  PLATFORM: { id: 'platform', kind: 'PLATFORM', clientId: 'backend', scopes: ['platform'] },
}

/** Whoever asks, as they are told of themselves. */
function viewerOf(kind: ViewerKind): unknown {
  const tokenExpiresAt = expect.any(String)
  if (!isPerson(kind)) return { ...CLIENTS[kind], tokenExpiresAt, unreadCount: 0, user: null }
  const id = personId(kind)
  return { id, kind: 'USER', clientId: null, scopes: [], tokenExpiresAt, unreadCount: expect.any(Number), user: { id } }
}
