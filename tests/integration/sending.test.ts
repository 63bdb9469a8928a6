import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { graphql } from '../generated/gql.js'
import type { Deal, Person } from '../testkit/seed.js'
import { startTestService, type TestService } from '../testkit/service.js'
import { query } from '../testkit/sql.js'
import { SEND } from '../testkit/writing.js'

const AFTER = graphql(`
  query SendingAfter($transactionId: ID!, $after: String!) {
    messages(transactionId: $transactionId, after: $after) {
      nodes {
        content
      }
    }
    transaction(id: $transactionId) {
      timeline(after: $after) {
        nodes {
          position
        }
      }
    }
  }
`)

let testService: TestService
let bea: Person
let sam: Person

beforeAll(async () => {
  testService = await startTestService()
  bea = await testService.seed.person('bea')
  sam = await testService.seed.person('sam')
})
afterAll(() => testService.close())

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1)

describe('a message that is sent', () => {
  test('comes back as it is stored, with its edge', async () => {
    const deal = await testService.seed.deal('answered', { buyer: bea, seller: sam })
    const input = { transactionId: deal.id, content: 'Is it there?', clientMessageId: 'first' }
    const { sendMessage: question } = await bea.get(SEND, { input })
    expect(question.message).toEqual({
      id: expect.stringMatching(/^msg_[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/),
      sequence: 1,
      version: 4,
      type: 'TEXT',
      content: 'Is it there?',
      clientMessageId: 'first',
      createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      editedAt: null,
      deletedAt: null,
      sender: { id: bea.id },
      replyTo: null,
    })
    expect(question.messageEdge.node.id).toBe(question.message.id)
    const reply = { transactionId: deal.id, content: 'It is.', replyToId: question.message.id }
    const { sendMessage: answer } = await sam.get(SEND, { input: reply })
    expect(answer.message).toMatchObject({ sequence: 2, clientMessageId: null, replyTo: { id: question.message.id } })
  })

  test('has a cursor that any connection of the transaction goes on from', async () => {
    const deal = await testService.seed.deal('cursor', { buyer: bea, seller: sam })
    const { sendMessage } = await bea.get(SEND, { input: { transactionId: deal.id, content: 'first' } })
    await sam.say(deal, 'second')
    const { messages, transaction } = await bea.get(AFTER, {
      transactionId: deal.id,
      after: sendMessage.messageEdge.cursor,
    })
    expect(messages.nodes).toEqual([{ content: 'second' }])
    expect(transaction?.timeline.nodes).toEqual([{ position: 5 }])
  })

  test('may answer a message that was deleted', async () => {
    const deal = await testService.seed.deal('reply-to-deleted', { buyer: bea })
    const gone = await bea.say(deal, 'never mind')
    await testService.service.services.message.delete(bea.viewer, gone.id)
    const input = { transactionId: deal.id, content: 'What?', replyToId: `msg_${gone.id}` }
    expect((await bea.get(SEND, { input })).sendMessage.message.replyTo).toEqual({ id: `msg_${gone.id}` })
  })
})

test('200 messages sent at once into 3 transactions leave no gap and no double in any of them', async () => {
  const deals: Deal[] = []
  for (const key of ['crowd-1', 'crowd-2', 'crowd-3'])
    deals.push(await testService.seed.deal(key, { buyer: bea, seller: sam }))
  const sending = upTo(200).map((nth) => {
    const input = { transactionId: deals[nth % 3]?.id ?? '', content: `message ${nth}` }
    return (nth % 2 === 0 ? bea : sam).get(SEND, { input })
  })
  const answers = (await Promise.all(sending)).map(({ sendMessage }) => sendMessage.message)

  for (const [index, { key }] of deals.entries()) {
    const sentHere = upTo(200).filter((nth) => nth % 3 === index)
    const stored = await query<Record<string, unknown>>(
      testService.database.url,
      `SELECT 'msg_' || m.id AS id, m.sequence, m.position, m.version, m.content, e."messageId" = m.id AS "isInTimeline"
       FROM "Message" m LEFT JOIN "TimelineEntry" e USING ("transactionKey", position)
       WHERE m."transactionKey" = $1 ORDER BY m.sequence`,
      [key],
    )
    // Three entries came before: the first status, and two who joined.
    const places = sentHere.map((_, nth) => ({
      sequence: nth + 1,
      position: nth + 4,
      version: nth + 4,
      isInTimeline: true,
    }))
    expect(stored).toMatchObject(places)
    expect(stored.map(({ content }) => content).sort()).toEqual(sentHere.map((nth) => `message ${nth}`).sort())
    for (const { id, sequence, version, content } of stored) {
      expect(answers.find((answer) => answer.id === id)).toMatchObject({ sequence, version, content })
    }
    const counters = `SELECT "messageCount", "timelinePosition" FROM "Transaction" WHERE key = $1`
    expect(await query(testService.database.url, counters, [key])).toEqual([
      { messageCount: sentHere.length, timelinePosition: sentHere.length + 3 },
    ])
  }
})

test('what one person sends one after the other stays in that order, whatever the others send meanwhile', async () => {
  const deal = await testService.seed.deal('order', { buyer: bea, seller: sam })
  const oneByOne = async (person: Person) => {
    const sequences: number[] = []
    for (const nth of upTo(20)) sequences.push((await person.say(deal, `${person.key} ${nth}`)).sequence)
    return sequences
  }
  const both = await Promise.all([oneByOne(bea), oneByOne(sam)])
  for (const sequences of both) expect(sequences).toEqual(sequences.toSorted((one, other) => one - other))
  expect(both.flat().sort((one, other) => one - other)).toEqual(upTo(40))
})
