import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { post, refusalOf } from '../testkit/http-client.js'
import { startNode } from '../testkit/node-process.js'
import type { Deal, Person } from '../testkit/seed.js'
import { startTestService, type TestService } from '../testkit/service.js'
import { query } from '../testkit/sql.js'
import { countTo } from '../testkit/timeline-documents.js'
import { SEND } from '../testkit/writing.js'

const KEYS = countTo(200).map((nth) => `key-${nth}`)
const RACES_AT_ONCE = 10
const secret = randomUUID()

let testService: TestService
let bea: Person

beforeAll(async () => {
  testService = await startTestService({ JWT_SECRET: secret })
  bea = await testService.seed.person('bea')
})
afterAll(() => testService.close())

/** Sends under each key to both nodes at once; the first node says `contents[0]`, the second `contents[1]`. */
async function race({ id }: Deal, contents: readonly [string, string]) {
  const options = { databaseUrl: testService.database.url, secret }
  const nodes = await Promise.all([startNode(options), startNode(options)])
  const headers = { authorization: `Bearer ${bea.token}` }
  const sendTo = (node: number, clientMessageId: string) => {
    const input = { transactionId: id, content: contents[node] ?? '', clientMessageId }
    return post(nodes[node] ?? '', SEND, { input }, headers)
  }
  // Neither begins with an advantage, and neither keeps one for long.
  await Promise.all(nodes.map((node) => post(node, '{ viewer { id } }', {}, headers)))
  const answers = new Map<string, Awaited<ReturnType<typeof sendTo>>[]>()
  const all = KEYS.values()
  const raceOn = async () => {
    for (const key of all) {
      const first = answers.size % 2
      const pair = [sendTo(first, key), sendTo(1 - first, key)]
      answers.set(key, [])
      answers.set(key, await Promise.all(first === 0 ? pair : pair.reverse()))
    }
  }
  await Promise.all(Array.from({ length: RACES_AT_ONCE }, raceOn))
  return answers
}

/** Each key once, and no gap anywhere; the answer is the content and the id under each key. */
async function expectEachOnce({ key }: Deal) {
  const stored = await query<{ id: string; clientMessageId: string; sequence: number; content: string }>(
    testService.database.url,
    `SELECT m.id, m."clientMessageId", m.sequence, m.content FROM "Message" m
     JOIN "TimelineEntry" e ON e."messageId" = m.id AND e.position = m.position
     WHERE m."transactionKey" = $1 AND e.position = m.sequence + 2 ORDER BY m.sequence`,
    [key],
  )
  expect(stored.map(({ sequence }) => sequence)).toEqual(countTo(KEYS.length))
  expect(stored.map(({ clientMessageId }) => clientMessageId).sort()).toEqual(KEYS.toSorted())
  return new Map(stored.map((message) => [message.clientMessageId, message]))
}

test('the same message sent under one key to two nodes at once is one message, with one id in both answers', async () => {
  const deal = await testService.seed.deal('same', { buyer: bea })
  const answers = await race(deal, ['Hello', 'Hello'])
  const stored = await expectEachOnce(deal)
  for (const [key, pair] of answers) {
    expect(pair.map(({ errors }) => errors)).toEqual([[], []])
    const id = `msg_${stored.get(key)?.id}`
    expect(pair.map(({ data }) => data?.sendMessage.message.id)).toEqual([id, id])
  }
}, 90_000)

test('different messages sent under one key to two nodes at once are one message, and a CONFLICT for the other sender', async () => {
  const deal = await testService.seed.deal('different', { buyer: bea })
  const answers = await race(deal, ['to the first node', 'to the second node'])
  const stored = await expectEachOnce(deal)
  const winners = [...answers].map(([key, pair]) => {
    const { id, content } = stored.get(key) ?? {}
    const [won, ...others] = pair.filter(({ errors }) => errors.length === 0)
    expect(others).toEqual([])
    expect(won?.data?.sendMessage.message).toMatchObject({ id: `msg_${id}`, content })
    const refused = pair.filter((answer) => answer !== won)
    expect(refused.map(refusalOf)).toEqual([{ code: 'CONFLICT', field: 'clientMessageId' }])
    return won && pair.indexOf(won)
  })
  // It was a race.
  expect(new Set(winners)).toEqual(new Set([0, 1]))
}, 90_000)
