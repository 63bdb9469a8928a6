import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { refusalOf } from '../testkit/http-client.js'
import type { Deal, Person } from '../testkit/seed.js'
import { startTestService, type TestService } from '../testkit/service.js'
import { query } from '../testkit/sql.js'
import { EDIT, SEND } from '../testkit/writing.js'

// The database of this file is there, gone, and there again: its server takes no connection to it meanwhile.

let testService: TestService
let bea: Person
let deal: Deal
let messageId: string

beforeAll(async () => {
  testService = await startTestService()
  bea = await testService.seed.person('bea')
  deal = await testService.seed.deal('deal', { buyer: bea })
  messageId = `msg_${(await bea.say(deal, 'words')).id}`
})
afterAll(() => testService.close())

const status = async (path: string) => {
  const response = await fetch(new URL(path, testService.url))
  return [response.status, await response.json()]
}
const say = (content: string) =>
  bea.ask(SEND, { input: { transactionId: deal.id, content, clientMessageId: 'the same key' } })

describe('while the database is gone', () => {
  beforeAll(() => testService.database.goAway())

  test('the process lives, and is not ready', async () => {
    expect(await status('/ready')).toEqual([503, { status: 'unavailable', database: 'down', bus: 'up' }])
    expect(await status('/health')).toEqual([200, { status: 'live' }])
  })

  test.each([
    ['a query', () => bea.ask('{ viewer { id } }', {})],
    ['a send', () => say('Hello')],
    ['an edit', () => bea.ask(EDIT, { input: { messageId, content: 'x' } })],
  ])('%s is refused as SERVICE_UNAVAILABLE, not as a bad token and not as our fault', async (_, ask) => {
    const answer = await ask()
    expect(answer.status).toBe(503)
    expect(refusalOf(answer)).toEqual({ code: 'SERVICE_UNAVAILABLE' })
  })

  test('a send that was let in already is not acknowledged either', async () => {
    const { message } = testService.service.services
    const sending = message.send(bea.viewer, { transactionKey: 'deal', content: 'let in' })
    await expect(sending).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' })
  })
})

describe('when the database is back', () => {
  beforeAll(() => testService.database.comeBack())

  test('the service is ready, and the same message sent again is stored once', async () => {
    expect(await status('/ready')).toEqual([200, { status: 'ready', database: 'up', bus: 'up' }])
    const answers = [await say('Hello'), await say('Hello')]
    expect(answers.map(({ errors }) => errors)).toEqual([[], []])
    expect(answers.map(({ data }) => data?.sendMessage.message.sequence)).toEqual([2, 2])
  })

  test('connections that are cut while messages are sent lose none that was acknowledged, and double none', async () => {
    const sending = Array.from({ length: 60 }, async (_, nth) => {
      const input = { transactionId: deal.id, content: `cut ${nth}`, clientMessageId: `cut-${nth}` }
      if (nth === 30) await cutConnections()
      const first = await bea.ask(SEND, { input })
      return first.errors.length === 0 ? first : bea.ask(SEND, { input })
    })
    const acknowledged = (await Promise.all(sending)).flatMap(({ data }) => data?.sendMessage.message.sequence ?? [])
    const stored = await query<{ sequence: number }>(
      testService.database.url,
      `SELECT sequence FROM "Message" WHERE content LIKE 'cut %' ORDER BY sequence`,
    )
    expect(acknowledged.length).toBeGreaterThan(0)
    expect(stored.map(({ sequence }) => sequence)).toEqual(expect.arrayContaining(acknowledged))
    expect(stored.map(({ sequence }) => sequence)).toEqual(stored.map((_, index) => index + 3))
  })
})

async function cutConnections(): Promise<void> {
  const url = new URL(testService.database.url)
  const name = url.pathname.slice(1)
  url.pathname = '/postgres'
  await query(url.href, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${name}'`)
}
