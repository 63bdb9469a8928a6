import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { encodeCursor } from '../../src/chat/timeline/timeline-cursor.js'
import { type Reading, TimelineStore } from '../../src/chat/timeline/timeline-store.js'
import type { TimelineEntryKind } from '../../src/generated/prisma/client.js'
import { fillDeal } from '../testkit/long-deal.js'
import type { Deal, Person } from '../testkit/seed.js'
import { startTestService, type TestService } from '../testkit/service.js'
import { countTo } from '../testkit/timeline-documents.js'

// However much there is to catch up on, one reading of the database brings little of it.

const MAX_ENTRIES = 100
const MAX_BYTES = 262_144
const MAX_SPAN = 2_000

let testService: TestService
let bea: Person

beforeAll(async () => {
  testService = await startTestService()
  bea = await testService.seed.person('bea')
})
afterEach(() => vi.restoreAllMocks())
afterAll(() => testService.close())

/** Follows these kinds from the registration on until the end of what is there, and gives what was read for that. */
async function readingsOf(deal: Deal, kinds: readonly TimelineEntryKind[], expected: readonly number[]) {
  const read = vi.spyOn(TimelineStore.prototype, 'read')
  const { timeline } = testService.service.services
  const subscription = await timeline.follow(bea.viewer, deal.key, { after: encodeCursor(deal.key, 2), kinds })
  const positions: (number | undefined)[] = []
  while (positions.length < expected.length) positions.push((await subscription.next()).value?.position)
  await subscription.return()
  expect(positions).toEqual(expected)
  return Promise.all(
    read.mock.results.map(async ({ value }, nth) => {
      const { entries, position }: Reading = await value
      return {
        entries: entries.length,
        bytes: bytesOf(entries),
        span: position - (read.mock.calls[nth]?.[0].after ?? 0),
      }
    }),
  )
}

/** The text that came from the database: of the message as it is, and of the entry as it was. */
function bytesOf(entries: Reading['entries']): number {
  const texts = entries.flatMap(({ message, data }) => [
    message?.content ?? '',
    (data as { content?: string }).content ?? '',
  ])
  return Buffer.byteLength(texts.join(''))
}

test.each([
  ['of 10,000 letters', 'x', 10_000],
  ['of 10,000 characters of four bytes', '𝒳', 40_000],
])('messages %s come in pages that are bounded in bytes', async (_what, character, bytes) => {
  const deal = await testService.seed.deal(`long-${bytes}`, { buyer: bea })
  await fillDeal(testService.database.url, deal, [bea], { count: 60, content: character.repeat(10_000) })
  const readings = await readingsOf(deal, ['MESSAGE_SENT'], countTo(62, 3))
  const most = Math.ceil(MAX_BYTES / (2 * bytes))
  expect(Math.max(...readings.map(({ entries }) => entries))).toBe(most)
  expect(Math.max(...readings.map((reading) => reading.bytes))).toBe(most * 2 * bytes)
  expect(readings).toHaveLength(Math.ceil(60 / most))
})

test('short messages come a hundred at a time', async () => {
  const deal = await testService.seed.deal('short', { buyer: bea })
  await fillDeal(testService.database.url, deal, [bea], { count: 1_000, content: 'words' })
  const readings = await readingsOf(deal, ['MESSAGE_SENT'], countTo(1_002, 3))
  expect(readings.map(({ entries }) => entries)).toEqual(Array(10).fill(MAX_ENTRIES))
})

test('what is rare in a long timeline is looked for in steps, and found', async () => {
  const deal = await testService.seed.deal('rare', { buyer: bea })
  await fillDeal(testService.database.url, deal, [bea], { count: 10_000, content: 'words' })
  await deal.changeStatus('FUNDED')
  const readings = await readingsOf(deal, ['STATUS_CHANGED'], [10_003])
  expect(readings.map(({ span }) => span)).toEqual([...Array(5).fill(MAX_SPAN), 1])
  expect(readings.map(({ entries }) => entries)).toEqual([0, 0, 0, 0, 0, 1])
})
