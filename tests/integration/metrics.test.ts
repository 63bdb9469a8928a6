import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { fillDeal } from '../testkit/long-deal.js'
import type { Deal, Person } from '../testkit/seed.js'
import { startTestService, type TestService } from '../testkit/service.js'
import { countTo, FOLLOW_MESSAGES, timelineCursor } from '../testkit/timeline-documents.js'
import { connect, listen } from '../testkit/websocket-client.js'

let testService: TestService
let bea: Person
let deal: Deal

beforeAll(async () => {
  testService = await startTestService()
  bea = await testService.seed.person('bea')
  deal = await testService.seed.deal('deal', { buyer: bea })
})
afterAll(() => testService.close())

function readMetrics(headers: Readonly<Record<string, string>> = {}, url = testService.url): Promise<Response> {
  return fetch(new URL('/metrics', url), { headers })
}

/** The value of a series; 0 when it isn't there. */
async function seriesValue(series: string): Promise<number> {
  const lines = (await (await readMetrics()).text()).split('\n')
  return Number(lines.find((line) => line.startsWith(`${series} `))?.split(' ')[1] ?? 0)
}

describe('/metrics', () => {
  test('is what Prometheus reads, with the process and the bus', async () => {
    const answer = await readMetrics()
    expect(answer.status).toBe(200)
    expect(answer.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/)
    const text = await answer.text()
    expect(text).toContain('escrow_chat_bus_connected 1')
    expect(text).toMatch(/^process_resident_memory_bytes \d/m)
  })

  test('counts what is delivered, by the field of the schema and not by the alias of a client', async () => {
    const client = connect(testService.webSocketUrl, bea.token)
    const after = await timelineCursor(bea, deal)
    const query = `subscription Mine($id: ID!, $after: String) { ...F } fragment F on Subscription { mine: messageAdded(transactionId: $id, after: $after) { cursor } }`
    const listener = listen(client, query, { id: deal.id, after })
    const before = await seriesValue('escrow_chat_deliveries_total{field="messageAdded"}')
    for (const content of ['one', 'two']) await bea.say(deal, content)
    await listener.take(2)
    expect(await seriesValue('escrow_chat_deliveries_total{field="messageAdded"}')).toBe(before + 2)
    expect(await (await readMetrics()).text()).not.toContain('mine')
    await client.dispose()
  })

  test('counts who catches up, and why', async () => {
    const client = connect(testService.webSocketUrl, bea.token)
    const after = await timelineCursor(bea, deal)
    await bea.say(deal, 'meanwhile')
    const before = await seriesValue('escrow_chat_catch_ups_total{reason="after"}')
    await listen(client, FOLLOW_MESSAGES, { transactionId: deal.id, after }).next()
    expect(await seriesValue('escrow_chat_catch_ups_total{reason="after"}')).toBe(before + 1)
    await client.dispose()
  })

  test('counts queues that overflow', async () => {
    const long = await testService.seed.deal('long', { buyer: bea })
    const { timeline } = testService.service.services
    const options = { kinds: ['MESSAGE_SENT'] } as const
    const slow = await timeline.follow(bea.viewer, long.key, options)
    const quick = await timeline.follow(bea.viewer, long.key, options)
    const sequencesUpTo = async (last: number, of: typeof slow) => {
      const sequences: (number | undefined)[] = []
      while (sequences.at(-1) !== last) sequences.push((await of.next()).value?.message?.sequence)
      return sequences
    }
    const first = slow.next()
    await bea.say(long, 'the first')
    await first
    // It takes nothing more, while more happens than a queue holds. The node reads that in stretches.
    await fillDeal(testService.database.url, long, [bea], { count: 400, content: 'x' })
    await bea.say(long, 'the last')
    expect(await sequencesUpTo(402, quick)).toEqual(countTo(402))
    expect(await sequencesUpTo(402, slow)).toEqual(countTo(402, 2))
    expect(await seriesValue('escrow_chat_queue_overflows_total')).toBe(1)
    expect(await seriesValue('escrow_chat_catch_ups_total{reason="overflow"}')).toBe(1)
    await slow.return()
    await quick.return()
  })
})

test('neither /metrics nor the health says anything of people, however much was going on', async () => {
  const ida = await testService.seed.person('ida-of-the-seed', 'Ida Distinct')
  const secret = await testService.seed.deal(
    'deal-of-the-seed',
    { buyer: ida, seller: bea },
    { title: 'Distinct title' },
  )
  const client = connect(testService.webSocketUrl, ida.token)
  const listener = listen(client, FOLLOW_MESSAGES, {
    transactionId: secret.id,
    after: await timelineCursor(ida, secret),
  })
  const messages = []
  for (let nth = 0; nth < 20; nth += 1) messages.push(await ida.say(secret, `distinct words ${nth}`))
  await listener.take(20)
  await ida.ask('{ viewer { id } transactions { nodes { title participants { user { isOnline } } } } }', {})
  await ida.ask('{ transaction(id: "txn_deal") { id } nonsense_of_ida }', {})
  await fetch(testService.url, { headers: { authorization: 'Bearer ida.of.the-seed' } })
  const pages = await Promise.all(
    ['/metrics', '/health', '/ready'].map((path) => fetch(new URL(path, testService.url))),
  )
  const told = (await Promise.all(pages.map((page) => page.text()))).join('\n')
  expect(told).toContain('escrow_chat_deliveries_total{field="messageAdded"}')
  for (const word of ['ida', 'bea', 'distinct', 'of-the-seed', 'txn_', 'usr_', ...messages.map(({ id }) => id)]) {
    expect(told.toLowerCase()).not.toContain(word)
  }
  await client.dispose()
})

/** How /metrics answers a service in this environment, with each of these tokens; null: with none. */
async function statusesFor(env: Readonly<Record<string, string>>, tokens: readonly (string | null)[]) {
  const guarded = await startTestService(env)
  try {
    const answers = tokens.map((token) =>
      readMetrics(token === null ? {} : { authorization: `Bearer ${token}` }, guarded.url),
    )
    return (await Promise.all(answers)).map(({ status }) => status)
  } finally {
    await guarded.close()
  }
}

describe('/metrics with METRICS_TOKEN', () => {
  const METRICS_TOKEN = 'a-token-of-the-operators'

  test('is there for whoever sends it, and for nobody else', async () => {
    expect(await statusesFor({ METRICS_TOKEN }, [null, 'another-token', METRICS_TOKEN])).toEqual([404, 404, 200])
  })

  test.skipIf(inject('redisUrl') === '')('and without it, in production, is there for nobody', async () => {
    const production = { NODE_ENV: 'production', REDIS_URL: inject('redisUrl'), CORS_ORIGIN: 'https://app.example.com' }
    expect(await statusesFor({ ...production, HOST: '127.0.0.1' }, [null, METRICS_TOKEN])).toEqual([404, 404])
  })
})
