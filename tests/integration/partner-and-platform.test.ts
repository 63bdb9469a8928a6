import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Caller, Person } from '../testkit/seed.js'
import { startTestService, type TestService } from '../testkit/service.js'

let testService: TestService
let bea: Person
let callers: { readonly partner: Caller; readonly otherPartner: Caller; readonly platform: Caller }

beforeAll(async () => {
  testService = await startTestService()
  const { seed } = testService
  bea = await seed.person('bea', 'Bea')
  const sam = await seed.person('sam', 'Sam')
  const ari = await seed.person('ari', 'Ari')
  const deal = await seed.deal('deal', { buyer: bea, seller: sam }, { partnerClientId: 'shop' })
  await seed.deal('private', { buyer: bea, arbiter: ari })
  await bea.say(deal, 'Hello Sam')
  await deal.seat({ buyer: bea })
  callers = {
    partner: await seed.caller({ clientId: 'shop', scopes: ['history:read'] }),
    otherPartner: await seed.caller({ clientId: 'other', scopes: ['history:read'] }),
    platform: await seed.caller({ clientId: 'backend', scopes: ['platform'] }),
  }
})
afterAll(() => testService.close())

const HISTORY = `{
  transactions { nodes { id messages { nodes { content sender { displayName } } } timeline(first: 2) { nodes { position } } } }
  private: transaction(id: "txn_private") { id }
  seller: node(id: "usr_sam") { id }
  arbiter: node(id: "usr_ari") { id }
}`

const deal = {
  id: 'txn_deal',
  messages: { nodes: [{ content: 'Hello Sam', sender: { displayName: 'Bea' } }] },
  timeline: { nodes: [{ position: 1 }, { position: 2 }] },
}
const quiet = { id: 'txn_private', messages: { nodes: [] }, timeline: { nodes: [{ position: 1 }, { position: 2 }] } }

test.each([
  [
    'a partner reads the history of its own deals, and sees who takes or took part in them',
    'partner' as const,
    { transactions: { nodes: [deal] }, private: null, seller: { id: 'usr_sam' }, arbiter: null },
  ],
  [
    'another partner sees nothing of it',
    'otherPartner' as const,
    { transactions: { nodes: [] }, private: null, seller: null, arbiter: null },
  ],
  [
    'the platform reads everything',
    'platform' as const,
    {
      transactions: { nodes: [deal, quiet] },
      private: { id: 'txn_private' },
      seller: { id: 'usr_sam' },
      arbiter: { id: 'usr_ari' },
    },
  ],
])('%s', async (_, who, expected) => {
  const { data, errors } = await callers[who].ask(HISTORY, {})
  expect(errors).toEqual([])
  expect(data).toEqual(expected)
})

test('a person sees who takes or took part in their current deals', async () => {
  const { data } = await bea.ask('{ nodes(ids: ["usr_bea", "usr_sam", "usr_ari"]) { id } }', {})
  expect(data).toEqual({ nodes: [{ id: 'usr_bea' }, { id: 'usr_sam' }, { id: 'usr_ari' }] })
})

test.each([
  [['other', 'history:read'], 200],
  [['xhistory:read', 'history:reads', 'platforms'], 401],
])('a client with the scopes %j gets %i', async (scopes, expected) => {
  const caller = await testService.seed.caller({ clientId: 'shop', scopes })
  expect((await caller.ask('{ viewer { id } }', {})).status).toBe(expected)
})
