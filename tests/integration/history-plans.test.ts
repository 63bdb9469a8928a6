import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { MessageFilter } from '../../src/chat/message/message.js'
import type { Page, PageRequest } from '../../src/chat/page.js'
import type { MessageType } from '../../src/generated/prisma/client.js'
import { fillLongHistory, LONG } from '../testkit/long-history.js'
import { type Cost, Explainer, statementsOf } from '../testkit/plans.js'
import { startTestService, type TestService } from '../testkit/service.js'
import { query } from '../testkit/sql.js'

// Each page of a history of 200,000 messages costs what the first one costs. Times are shown, and not compared.

/** The first and the 2,000th page of a hundred, from either end. */
const PAGES = {
  'forwards 1': { from: 'start', size: 100, after: null, before: null },
  'forwards 2,000': { from: 'start', size: 100, after: LONG - 100, before: null },
  'backwards 1': { from: 'end', size: 100, after: null, before: null },
  'backwards 2,000': { from: 'end', size: 100, after: null, before: 101 },
} as const satisfies Record<string, PageRequest<number>>

const EARLY = new Date('2026-01-01T00:20:00Z')
const MIDDLE = new Date('2026-01-07T22:40:00Z')

/** Every way to combine the filters, with senders and types that are common and that are rare. */
const FILTERS: [string, MessageFilter][] = []
for (const types of [null, ['TEXT'], ['IMAGE'], ['SYSTEM', 'IMAGE']] satisfies (MessageType[] | null)[]) {
  for (const senderKey of [null, 'bea', 'ana']) {
    for (const [sentAfter, sentBefore] of [[], [EARLY], [null, MIDDLE], [EARLY, MIDDLE]]) {
      const words = [types?.join(), senderKey, sentAfter && 'sentAfter', sentBefore && 'sentBefore']
      const name = words.filter((word) => word != null).join(' ') || 'no filter'
      FILTERS.push([name, { types, senderKey, sentAfter: sentAfter ?? null, sentBefore: sentBefore ?? null }])
    }
  }
}

/** Three people and the platform, three types, one more than is shown. */
const MOST_ROWS = 4 * 3 * 101
/** A hundred rows, each in a block of its own, with what belongs to it: each by an index of three levels. */
const MOST_BLOCKS = 101 * 12

let testService: TestService
let explainer: Explainer
const figures: Record<string, Record<string, string>> = {}

beforeAll(async () => {
  testService = await startTestService()
  const { seed, database } = testService
  const [bea, sam, ana] = [await seed.person('bea'), await seed.person('sam'), await seed.person('ana')]
  await seed.deal('chat', { buyer: bea, seller: sam, agent: ana })
  await fillLongHistory(database.url)
  explainer = await Explainer.connect(database.url)
}, 120_000)
afterAll(async () => {
  await explainer.close()
  await testService.close()
  console.table(figures)
})

/** What each statement costs that brings a page, or tells what is around it. */
async function costsOf(read: () => Promise<Page<unknown>[]>): Promise<Cost[]> {
  const statements = await statementsOf(async () => {
    const [page] = await read()
    await page?.hasNextPage()
    await page?.hasPreviousPage()
  })
  const costs: Cost[] = []
  for (const statement of statements) costs.push(await explainer.explain(statement))
  return costs
}

const stepsOf = ({ plans }: Cost) => plans.map(({ steps }) => steps.join(', ')).toSorted()

/** What is read by which index; whether row by row or sorted by block first is the same for so few. */
function indexesOf({ plans }: Cost): string[] {
  const names = plans.flatMap(({ steps }) => steps).flatMap((step) => /(?:Index|Seq) .*?(\S+)$/.exec(step)?.[1] ?? [])
  return [...new Set(names)].toSorted()
}

function record(name: string, page: keyof typeof PAGES, costs: readonly Cost[]): void {
  const sum = (of: (cost: Cost) => number) => costs.reduce((total, cost) => total + of(cost), 0)
  const told = `${sum(({ blocks }) => blocks)} blocks, ${sum(({ milliseconds }) => milliseconds).toFixed(1)} ms`
  figures[name] = { ...figures[name], [page]: told }
}

async function expectSameCost(name: string, read: (request: PageRequest<number>) => Promise<Page<unknown>[]>) {
  const costs = new Map<string, Cost[]>()
  for (const [page, request] of Object.entries(PAGES) as [keyof typeof PAGES, PageRequest<number>][]) {
    const ofPage = await costsOf(() => read(request))
    costs.set(page, ofPage)
    record(name, page, ofPage.slice(0, 2))
    for (const { plans, blocks } of ofPage) {
      expect(blocks).toBeLessThanOrEqual(MOST_BLOCKS)
      for (const { steps, rows } of plans) {
        expect(steps.filter((step) => /^Seq Scan (Message|TimelineEntry)/.test(step))).toEqual([])
        expect(rows).toBeLessThanOrEqual(MOST_ROWS)
      }
    }
  }
  for (const direction of ['forwards', 'backwards']) {
    const [[places, rows] = [], [latePlaces, lateRows, around] = []] = [1, '2,000'].map((nth) =>
      costs.get(`${direction} ${nth}`),
    )
    if (!places || !rows || !latePlaces || !lateRows) throw new Error('A page takes two statements')
    expect(stepsOf(latePlaces)).toEqual(stepsOf(places))
    // What is on no page is not looked for.
    const isEmpty = [rows, lateRows].some(({ plans }) => plans[0]?.steps[0] === 'Result')
    if (!isEmpty) expect(indexesOf(lateRows)).toEqual(indexesOf(rows))
    // Whether there is anything beyond a bound: that is a page of one, in the other direction.
    const [opposite] = costs.get(direction === 'forwards' ? 'backwards 1' : 'forwards 1') ?? []
    if (around && opposite) expect(stepsOf(around)).toEqual(stepsOf(opposite))
  }
}

describe.each(['before Postgres has statistics', 'when Postgres has statistics'])('%s', (when) => {
  beforeAll(async () => {
    if (when.startsWith('when')) await query(testService.database.url, 'VACUUM ANALYZE')
  })

  test.each(FILTERS)('every page of messages costs the same: %s', async (name, filter) => {
    const { message } = testService.service.services
    const include = { sender: true, replyTo: true }
    await expectSameCost(name, (request) => message.pages(['chat'], request, filter, include))
  })

  test('every page of the timeline costs the same', async () => {
    const { timeline } = testService.service.services
    const include = { message: { include: { sender: true } }, actor: true }
    await expectSameCost('timeline', (request) => timeline.pages(['chat'], request, include))
  })
})
