import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { graphql } from '../generated/gql.js'
import type { Caller, Deal, Person } from '../testkit/seed.js'
import { startTestService, type TestService } from '../testkit/service.js'

const READ_BY = graphql(`
  query ReadBy($transactionId: ID!) {
    messages(transactionId: $transactionId) {
      nodes {
        readBy {
          role
          leftAt
          transaction {
            id
          }
          user {
            id
          }
        }
      }
    }
  }
`)

let testService: TestService
let bea: Person
let sam: Person
let ana: Person
let deal: Deal

beforeAll(async () => {
  testService = await startTestService()
  bea = await testService.seed.person('bea')
  sam = await testService.seed.person('sam')
  ana = await testService.seed.person('ana')
})
beforeEach(async ({ task }) => {
  deal = await testService.seed.deal(task.id, { buyer: bea, seller: sam, agent: ana }, { partnerClientId: 'shop' })
})
afterAll(() => testService.close())

const markRead = (person: Person, { id }: { id: string }) =>
  testService.service.services.receipt.markRead(person.viewer, deal.key, id)

/** By message, who has read it. */
async function readers(caller: Caller = bea): Promise<string[][]> {
  const { messages } = await caller.get(READ_BY, { transactionId: deal.id })
  return messages.nodes.map(({ readBy }) => readBy.map(({ user }) => user.id))
}

describe('a message is read by', () => {
  test('those who said so of it or of a later one, but for its sender, in the order in which they joined', async () => {
    const ofBea = await bea.say(deal, 'one')
    const ofSam = await sam.say(deal, 'two')
    expect(await readers()).toEqual([[], []])
    await markRead(ana, ofSam)
    await markRead(sam, ofSam)
    expect(await readers()).toEqual([[sam.id, ana.id], [ana.id]])
    await markRead(bea, ofBea)
    expect(await readers()).toEqual([[sam.id, ana.id], [ana.id]])
    await markRead(bea, ofSam)
    expect(await readers()).toEqual([
      [sam.id, ana.id],
      [bea.id, ana.id],
    ])
  })

  test('nobody who only sent something after it', async () => {
    await bea.say(deal, 'one')
    await sam.say(deal, 'two')
    expect(await readers()).toEqual([[], []])
  })

  test('nobody who takes part no more, and by those who are back', async () => {
    await markRead(ana, await bea.say(deal, 'one'))
    await deal.seat({ buyer: bea, seller: sam })
    expect(await readers()).toEqual([[]])
    await deal.seat({ buyer: bea, seller: sam, agent: ana })
    expect(await readers()).toEqual([[ana.id]])
  })

  test('everybody who said so, when the platform says it, or when it was deleted since', async () => {
    const { message } = testService.service.services
    const deleted = await bea.say(deal, 'one')
    await message.delete(bea.viewer, deleted.id)
    await deal.changeStatus('FUNDED', 'The money is there.')
    const last = await bea.say(deal, 'three')
    for (const person of [bea, sam, ana]) await markRead(person, last)
    expect(await readers()).toEqual([
      [sam.id, ana.id],
      [bea.id, sam.id, ana.id],
      [sam.id, ana.id],
    ])
  })

  test('nobody of another deal', async () => {
    const other = await testService.seed.deal(`${deal.key}-other`, { buyer: bea, seller: sam })
    await bea.say(deal, 'one')
    const elsewhere = await bea.say(other, 'one')
    await testService.service.services.receipt.markRead(sam.viewer, other.key, elsewhere.id)
    const { data } = await bea.ask<{ transactions: { nodes: object[] } }, object>(
      '{ transactions(first: 2) { nodes { id messages { nodes { readBy { user { id } } } } } } }',
      {},
    )
    expect(data?.transactions.nodes).toEqual([
      { id: other.id, messages: { nodes: [{ readBy: [{ user: { id: sam.id } }] }] } },
      { id: deal.id, messages: { nodes: [{ readBy: [] }] } },
    ])
  })
})

test('a partner and the platform see who has read what', async () => {
  await markRead(sam, await bea.say(deal, 'one'))
  for (const request of [{ clientId: 'shop', scopes: ['history:read'] }, { scopes: ['platform'] }]) {
    expect(await readers(await testService.seed.caller(request))).toEqual([[sam.id]])
  }
})

test('a reader comes with all that is asked for', async () => {
  await markRead(ana, await bea.say(deal, 'one'))
  const { messages } = await bea.get(READ_BY, { transactionId: deal.id })
  expect(messages.nodes).toEqual([
    { readBy: [{ role: 'AGENT', leftAt: null, transaction: { id: deal.id }, user: { id: ana.id } }] },
  ])
})
