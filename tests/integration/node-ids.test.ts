import { afterAll, beforeAll, expect, test } from 'vitest'
import { graphql } from '../generated/gql.js'
import { refusalOf } from '../testkit/http-client.js'
import type { Person } from '../testkit/seed.js'
import { startTestService, type TestService } from '../testkit/service.js'

const NODE = graphql(`
  query NodeIdsNode($id: ID!) {
    node(id: $id) {
      __typename
      id
    }
  }
`)

const NODES = graphql(`
  query NodeIdsNodes($ids: [ID!]!) {
    nodes(ids: $ids) {
      __typename
      id
    }
  }
`)

let testService: TestService
let bea: Person

beforeAll(async () => {
  testService = await startTestService()
  bea = await testService.seed.person('bea')
  await testService.seed.deal('deal', { buyer: bea })
})
afterAll(() => testService.close())

const UUID = '01900000-0000-7000-8000-000000000000'

test.each([
  '',
  'usr_',
  'usr_nobody',
  'usr_a b',
  'usr_\0',
  `usr_${'x'.repeat(65)}`,
  'USR_bea',
  'bea',
  'txn_nowhere',
  'msg_1',
  `msg_${UUID}`,
  `msg_${UUID.toUpperCase().replace('0', 'A')}`,
  `par_${UUID}`,
  'evt_0.deal',
  'evt_9.deal',
  'evt_01.deal',
  'evt_-1.deal',
  'evt_1',
  'evt_1.',
  'evt_999999999.deal',
  'evt_99999999999999999999.deal',
  'att_1',
  '__proto__',
])('nothing has the id %j', async (id) => {
  expect(await bea.get(NODE, { id })).toEqual({ node: null })
})

test('nodes come in the order of the ids, each as often as it is asked for, null where there is none', async () => {
  const { nodes } = await bea.get(NODES, { ids: ['evt_1.deal', 'nothing', bea.id, 'evt_1.deal'] })
  const first = { __typename: 'StatusChanged', id: 'evt_1.deal' }
  expect(nodes).toEqual([first, null, { __typename: 'User', id: bea.id }, first])
  expect(await bea.get(NODES, { ids: [] })).toEqual({ nodes: [] })
})

test('a hundred nodes can be asked for, and no more', async () => {
  expect((await bea.get(NODES, { ids: Array(100).fill(bea.id) })).nodes).toHaveLength(100)
  const refusal = refusalOf(await bea.ask(NODES, { ids: Array(101).fill('nothing') }))
  expect(refusal).toEqual({ code: 'BAD_USER_INPUT', field: 'ids', limit: 100 })
})
